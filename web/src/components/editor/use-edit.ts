import { useEffect, useEffectEvent, useState } from 'react';
import { useClient, useMutation } from 'urql';
import { problemOf, refusalText } from '../../api/errors';
import { UploadError, uploadErrorText, uploadPicture } from '../../api/upload';
import { CreateEditDocument, EditStateDocument, type EditStateQuery, type FailureCode, type PosterFieldsFragment, type RevisionFieldsFragment } from '../../gql/graphql';
import { useText } from '../../i18n';
import { type EditDraft, updateEdit } from '../../lib/edit-draft';
import { keyFor, settleKey } from '../../lib/idempotency';
import { maskPicture } from '../../lib/mask';
import { leaveForLogin, pendingHold, useStudio } from '../../session';

/** Less than this share of the picture is a slip of the hand, more than the other is the whole picture. */
export const shareMin = 0.0005;
export const shareLarge = 0.95;

const againMs = 3_000;

export interface EditOutcome {
  kind: 'done' | 'failed';
  revision: string | undefined;
  credits: number;
  reason: string;
  /** The reason is the server's whole sentence, refund and advice included. */
  advice: boolean;
}

/** Sends what the draft asks for, and follows it to its end, wherever that end is heard of. */
export function useEdit(poster: PosterFieldsFragment, revision: RevisionFieldsFragment, draft: EditDraft, onEnd: (outcome: EditOutcome) => void) {
  const t = useText();
  const words = useText('editor').editor;
  const client = useClient();
  const [told, setTold] = useState<EditOutcome>();
  const { creditsPerEdit } = useStudio();
  const [, create] = useMutation(CreateEditDocument);
  const [sending, setSending] = useState(false);
  const [problem, setProblem] = useState<{ text: string; recharge: boolean }>();
  const { editId } = draft;

  const under = poster.activeEdit && (poster.activeEdit.state === 'QUEUED' || poster.activeEdit.state === 'RUNNING') ? poster.activeEdit : undefined;

  // The poster tells that an edit is under way; how one ended is asked for by its own id, once, wherever its end was heard of.
  const ended = editId !== undefined && under?.id !== editId ? editId : undefined;
  // What cannot be done here comes with what can, in the server's words.
  const failureText = (failure: { code: FailureCode; message: string } | null): string =>
    failure?.code === 'UNSUPPORTED_EDIT' ? failure.message : t.poster.failures[failure?.code ?? 'INTERNAL'];
  const onNode = useEffectEvent((node: NonNullable<EditStateQuery['node']> | null | undefined): boolean => {
    if (node?.__typename !== 'Edit' || node.state === 'QUEUED' || node.state === 'RUNNING') return node === null;
    const end: EditOutcome =
      node.state === 'SUCCEEDED'
        ? { kind: 'done', revision: node.revision?.name, credits: node.creditsCaptured, reason: '', advice: false }
        : { kind: 'failed', revision: undefined, credits: node.creditsReleased, reason: failureText(node.failure), advice: node.failure?.code === 'UNSUPPORTED_EDIT' };
    setTold(end);
    onEnd(end);
    return true;
  });
  useEffect(() => {
    if (ended === undefined) return;
    let timer: ReturnType<typeof setTimeout> | undefined;
    let stopped = false;
    const ask = async () => {
      const { data } = await client.query(EditStateDocument, { id: ended }, { requestPolicy: 'network-only' }).toPromise();
      if (stopped) return;
      if (onNode(data?.node)) updateEdit(poster.id, () => ({ editId: undefined }));
      else timer = setTimeout(() => void ask(), againMs);
    };
    void ask();
    return () => {
      stopped = true;
      clearTimeout(timer);
    };
  }, [ended, client, poster.id]);

  // Another tab may have asked for the edit: its end is wanted here as well.
  const underId = under?.id;
  useEffect(() => {
    if (underId !== undefined && underId !== editId) updateEdit(poster.id, () => ({ editId: underId }));
  }, [underId, editId, poster.id]);

  async function maskId(): Promise<string | undefined> {
    if (draft.sentMask?.done === draft.mask.done) return draft.sentMask.id;
    const picture = await maskPicture(draft.mask.done, revision.width, revision.height);
    if (!picture) {
      setProblem({ text: words.maskFailed, recharge: false });
      return undefined;
    }
    if (picture.share < shareMin) {
      setProblem({ text: words.needMask, recharge: false });
      return undefined;
    }
    const { id } = await uploadPicture('MASK', picture.blob, 'mask.png', () => undefined, new AbortController().signal);
    updateEdit(poster.id, () => ({ sentMask: { done: draft.mask.done, id } }));
    return id;
  }

  async function send() {
    setProblem(undefined);
    setTold(undefined);
    setSending(true);
    try {
      const mask = draft.mode === 'MASKED' ? await maskId() : undefined;
      if (draft.mode === 'MASKED' && mask === undefined) return;
      const intention = {
        baseRevisionId: revision.id,
        mode: draft.mode === 'MASKED' ? ('MASKED' as const) : ('WHOLE_IMAGE' as const),
        prompt: draft.prompt.trim(),
        ...(mask !== undefined && { maskId: mask }),
        ...(draft.reference && { referenceId: draft.reference.id }),
      };
      const scope = `edit.${poster.id}`;
      pendingHold.set(creditsPerEdit);
      const { data, error } = await create({ input: { idempotencyKey: keyFor(scope, intention), ...intention } });
      if (error) {
        const { text, code } = problemOf(error, t);
        if (code === 'IDEMPOTENCY_CONFLICT') settleKey(scope);
        return setProblem({ text, recharge: false });
      }
      settleKey(scope);
      const answer = data?.createEdit;
      if (!answer) return;
      if (answer.__typename === 'CreateEditSuccess' || answer.__typename === 'EditInProgress') {
        updateEdit(poster.id, () => ({ editId: answer.edit.id }));
        if (answer.__typename === 'CreateEditSuccess') return;
      }
      // An upload that has run out is made anew at the next try.
      if (answer.__typename === 'InvalidInput') updateEdit(poster.id, () => ({ sentMask: undefined }));
      setProblem({ text: refusalText(answer, t), recharge: answer.__typename === 'InsufficientCredits' });
    } catch (error) {
      if (error instanceof UploadError && error.code === 'UNAUTHENTICATED') leaveForLogin();
      else setProblem({ text: uploadErrorText(error, t), recharge: false });
    } finally {
      pendingHold.set(0);
      setSending(false);
    }
  }

  return { under, told, sending, problem, send };
}
