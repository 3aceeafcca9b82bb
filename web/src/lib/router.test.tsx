import { act, cleanup, fireEvent, render, renderHook, screen } from '@testing-library/react';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { Link, navigate, usePath, useSearchParams } from './router';

beforeEach(() => navigate('/', { replace: true }));
afterEach(cleanup);

it('follows the address, whoever changes it', () => {
  const { result } = renderHook(() => usePath());
  act(() => navigate('/history'));
  expect(result.current).toBe('/history');
  act(() => navigate('/me/'));
  expect(result.current).toBe('/me');
  act(() => {
    history.replaceState(null, '', '/login');
    dispatchEvent(new PopStateEvent('popstate'));
  });
  expect(result.current).toBe('/login');
});

it('changes the question and keeps the path', () => {
  navigate('/history?q=tea');
  const { result } = renderHook(() => useSearchParams());
  expect(result.current[0].get('q')).toBe('tea');
  act(() => result.current[1]((before) => ({ ...Object.fromEntries(before), poster: '02' })));
  expect(location.pathname + location.search).toBe('/history?q=tea&poster=02');
  act(() => result.current[1]({}, { replace: true }));
  expect(location.pathname + location.search).toBe('/history');
});

it('puts a step into the history, or changes the one that is there', () => {
  const push = vi.spyOn(history, 'pushState');
  const replace = vi.spyOn(history, 'replaceState');
  navigate('/me');
  navigate('/history', { replace: true });
  expect([push.mock.calls.length, replace.mock.calls.length]).toEqual([1, 1]);
});

it('is a link to the browser, and a step to everybody else', () => {
  const push = vi.spyOn(history, 'pushState');
  render(<Link href="/me">me</Link>);
  const link = screen.getByRole('link');
  fireEvent.click(link, { button: 0, ctrlKey: true });
  fireEvent.click(link, { button: 1 });
  expect(push).not.toHaveBeenCalled();
  act(() => void fireEvent.click(link, { button: 0 }));
  expect(push).toHaveBeenCalledWith(null, '', '/me');
});
