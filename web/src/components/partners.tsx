import { useText } from '../i18n';
import { ApiKeys } from './api-keys';
import { Webhooks } from './webhooks';

/** What programs of other people need: keys to ask with, and web hooks to be told by. */
export default function Partners() {
  const { partners, webhooks } = useText('partners');
  return (
    <div className="grid gap-8">
      <section className="grid gap-3" aria-labelledby="api-keys-heading">
        <h3 id="api-keys-heading" className="ruled font-semibold">
          {partners.keys}
        </h3>
        <ApiKeys />
      </section>
      <section className="grid gap-3" aria-labelledby="webhooks-heading">
        <h3 id="webhooks-heading" className="ruled font-semibold">
          {webhooks.title}
        </h3>
        <Webhooks />
      </section>
    </div>
  );
}
