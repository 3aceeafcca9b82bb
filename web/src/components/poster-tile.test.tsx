import { cleanup, fireEvent, render, screen } from '@testing-library/react';
import { afterEach, describe, expect, it, vi } from 'vitest';
import type { PosterFieldsFragment } from '../gql/graphql';
import { PosterTile } from './poster-tile';

afterEach(cleanup);

const dimension = { index: 2, number: '03', titleZh: '概念可视化', titleEn: 'Concept' };
const revision: PosterFieldsFragment['revisions'][number] = {
  id: 's/02-prime',
  name: 'prime',
  kind: 'PRIME',
  fileName: '02-prime.jpg',
  url: '/full',
  thumbUrl: '/270',
  smallUrl: '/540',
  largeUrl: '/1080',
  width: 1080,
  height: 1920,
  byteSize: 1,
  sha256: '',
  createdAt: '2026-01-10T14:30:52Z',
  thumbhash: null,
  masterUrl: null,
  mode: null,
  prompt: null,
  base: null,
  notes: [],
};
const poster = (change: Partial<PosterFieldsFragment>): PosterFieldsFragment => ({
  id: 's/02',
  index: 2,
  dimension,
  state: 'QUEUED',
  failure: null,
  creditsCaptured: 0,
  creditsReleased: 0,
  revisions: [],
  current: null,
  activeEdit: null,
  version: 1,
  ...change,
});

const tile = (change: Partial<PosterFieldsFragment> | undefined, more: { onOpen?: () => void; onRetry?: () => void; retryDisabled?: boolean } = {}) =>
  render(
    <ul>
      <PosterTile dimension={dimension} {...(change && { poster: poster(change) })} aspectRatio={9 / 16} price={4} stage="PAINTING" {...more} />
    </ul>,
  );

describe('PosterTile', () => {
  it('stands in its place, as queued, before the server has answered', () => {
    tile(undefined);
    expect(screen.getByRole('listitem').dataset['state']).toBe('QUEUED');
    expect(screen.getByText('03 概念可视化')).toBeTruthy();
    expect(screen.getByText('· 冻结 4')).toBeTruthy();
  });

  it('says what a running one is doing', () => {
    tile({ state: 'RUNNING' });
    expect(screen.getByText('绘制画面')).toBeTruthy();
  });

  it('shows the picture of a finished one, what it cost, and opens it', () => {
    const onOpen = vi.fn<() => void>();
    tile({ state: 'SUCCEEDED', creditsCaptured: 4, revisions: [revision] }, { onOpen });
    expect(screen.getByText('· 已扣 4')).toBeTruthy();
    const image = screen.getByRole('img') as HTMLImageElement;
    expect([image.getAttribute('src'), image.getAttribute('width'), image.alt]).toEqual(['/540', '1080', '03 概念可视化']);
    fireEvent.click(screen.getByRole('button', { name: '查看大图：03 概念可视化' }));
    expect(onOpen).toHaveBeenCalledOnce();
  });

  it('gives the reason, the refund, and a retry that names its price', () => {
    const onRetry = vi.fn<() => void>();
    tile({ state: 'REFUNDED', creditsReleased: 4, failure: { code: 'PROVIDER_TIMEOUT', message: '', retryable: true } }, { onRetry });
    expect(screen.getByText('生成超时')).toBeTruthy();
    expect(screen.getByText('· 已退回 4')).toBeTruthy();
    fireEvent.click(screen.getByRole('button', { name: '重试 · 4 积分' }));
    expect(onRetry).toHaveBeenCalledOnce();
  });

  it('shows a picture beside a refund, marks it as free, and still offers the retry', () => {
    const onRetry = vi.fn<() => void>();
    tile({ state: 'REFUNDED', creditsReleased: 4, revisions: [revision] }, { onRetry });
    expect(screen.getByRole('img')).toBeTruthy();
    expect(screen.getByTestId('free').textContent).toBe('免费');
    expect(screen.getByText('· 已退回 4')).toBeTruthy();
    fireEvent.click(screen.getByRole('button', { name: '重试 · 4 积分' }));
    expect(onRetry).toHaveBeenCalledOnce();
  });

  it('offers no retry while another task runs', () => {
    tile({ state: 'REFUNDED', creditsReleased: 4 }, { onRetry: vi.fn<() => void>(), retryDisabled: true });
    expect((screen.getByRole('button') as HTMLButtonElement).disabled).toBe(true);
  });
});
