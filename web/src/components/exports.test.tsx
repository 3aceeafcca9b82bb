import { cleanup, fireEvent, render, screen, within } from '@testing-library/react';
import { afterEach, beforeAll, expect, it, vi } from 'vitest';
import { loadWords } from '../i18n';
import { PosterExports, SetExports } from './exports';
import { PictureNotes } from './picture-notes';

beforeAll(() => loadWords('detail'));
afterEach(cleanup);

const market = (code: string, titleZh: string, region: string) => ({ __typename: 'ExportMarket', code, titleZh, titleEn: code, region, checkedOn: '2026-11-22' });

/** A server that knows two marketplaces, asked only when the list is open. */
vi.mock('urql', () => ({
  useQuery: ({ pause }: { pause: boolean }) => [
    { data: pause ? undefined : { exportMarkets: [market('taobao', '淘宝', 'CHINA'), market('walmart', '沃尔玛', 'ABROAD')] } },
    () => undefined,
  ],
}));

const links = (heading: string) => within(screen.getByRole('group', { name: heading })).getAllByRole('link').map((link) => link.getAttribute('href'));

it('puts what can be taken away of a set under one heading a kind', async () => {
  render(<SetExports id="s" />);
  const panel = screen.getByTestId<HTMLDetailsElement>('exports');
  expect(links('白底主图')).toEqual(['/files/s/exports/white-main.jpg?download=1']);
  expect(screen.queryByText('国内平台')).toBeNull();
  panel.open = true;
  fireEvent(panel, new Event('toggle'));
  expect(await screen.findByText('国内平台')).toBeTruthy();
  expect(links('国内平台')).toEqual(['/files/s/exports/taobao.zip']);
  expect(links('海外平台')).toEqual(['/files/s/exports/walmart.zip']);
});

it('names the version that is shown in the addresses beside it', () => {
  render(<PosterExports posterId="s/02" revision="edit1" />);
  expect(links('单语版')).toEqual(['/files/s/exports/02-edit1.zh.jpg?download=1', '/files/s/exports/02-edit1.en.jpg?download=1']);
  expect(links('无文字')).toEqual(['/files/s/exports/02-edit1.clean.jpg?download=1', '/files/s/exports/02-edit1.plate.jpg?download=1']);
});

it('tells which characters no font has, and nothing where all is well', () => {
  render(<PictureNotes notes={[]} />);
  expect(screen.queryByTestId('notes')).toBeNull();
  render(<PictureNotes notes={[{ code: 'CHARACTERS_LEFT_OUT', characters: ['鿿', '💧'] }]} />);
  expect(screen.getByTestId('notes').textContent).toContain('已略去： 鿿 💧');
});
