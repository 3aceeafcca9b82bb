import { type KeyboardEvent, type PointerEvent, useCallback, useEffect, useEffectEvent, useLayoutEffect, useRef, useState } from 'react';
import type { RevisionFieldsFragment } from '../../gql/graphql';
import { useText } from '../../i18n';
import { type Mark, type MaskHistory, paintMark, paintMask, rectanglePoints, withMark } from '../../lib/mask';
import { type Size, type View, fitSize, fitted, held, zoomedAt } from '../../lib/viewport';
import type { Painting } from './tools';

interface StageProps {
  revision: RevisionFieldsFragment;
  alt: string;
  /** What is compared with, and where the border runs, 0–100; left out: nothing is compared. */
  compare: { base: RevisionFieldsFragment; at: number } | undefined;
  painting: Painting | undefined;
  mask: MaskHistory;
  onMask: (mask: MaskHistory) => void;
  view: View;
  onView: (change: (before: View) => View) => void;
  onSwipe: (by: number) => void;
  busy: boolean;
}

interface Gesture {
  kind: 'paint' | 'pan' | 'pinch';
  points: number[];
  startX: number;
  startY: number;
  distance: number;
}

const swipePx = 60;

/** The picture on its dark stage: to be looked at, moved, enlarged and painted on. */
export function Stage({ revision, alt, compare, painting, mask, onMask, view, onView, onSwipe, busy }: StageProps) {
  const words = useText('editor').editor;
  const stage = useRef<HTMLDivElement>(null);
  const canvas = useRef<HTMLCanvasElement>(null);
  const cursor = useRef<HTMLDivElement>(null);
  const [room, setRoom] = useState<Size>({ width: 0, height: 0 });
  const pointers = useRef(new Map<number, { x: number; y: number }>());
  const gesture = useRef<Gesture>(undefined);
  const penSeen = useRef(false);
  const spaceHeld = useRef(false);
  const spot = useRef({ x: revision.width / 2, y: revision.height / 2 });
  // What was painted before the area that is being drawn: an area is redrawn with every move, the rest must not be.
  const finished = useRef<HTMLCanvasElement>(undefined);
  const drawn = useRef<{ marks: readonly Mark[]; colour: string }>(undefined);
  const { width, height } = revision;
  const shown = room.width > 0 ? fitSize(revision, room) : undefined;

  useLayoutEffect(() => {
    const element = stage.current;
    if (!element) return;
    const measure = () => setRoom({ width: element.clientWidth, height: element.clientHeight });
    measure();
    const observer = new ResizeObserver(measure);
    observer.observe(element);
    return () => observer.disconnect();
  }, []);

  const move = useCallback(
    (change: (before: View) => View) => onView((before) => held(change(before), fitSize({ width, height }, room), room)),
    [onView, room, width, height],
  );

  // Repainted as a whole only when something was taken back or the colour has changed; a new mark alone is added.
  const colour = painting?.colour;
  const canvasReady = shown !== undefined;
  useEffect(() => {
    const context = canvas.current?.getContext('2d');
    if (!context || colour === undefined || !canvasReady) {
      drawn.current = undefined;
      return;
    }
    if (drawn.current?.marks === mask.done && drawn.current.colour === colour) return;
    paintMask(context, mask.done, width, height, colour);
    drawn.current = { marks: mask.done, colour };
  }, [mask.done, colour, width, height, canvasReady]);

  const repaint = () => {
    const context = canvas.current?.getContext('2d');
    if (context && colour !== undefined) paintMask(context, mask.done, width, height, colour);
  };

  const toPicture = (clientX: number, clientY: number): [number, number] => {
    const box = canvas.current?.getBoundingClientRect();
    if (!box || box.width === 0) return [0, 0];
    return [((clientX - box.left) / box.width) * width, ((clientY - box.top) / box.height) * height];
  };
  const fromMiddle = (clientX: number, clientY: number): [number, number] => {
    const box = stage.current?.getBoundingClientRect();
    return box ? [clientX - box.left - box.width / 2, clientY - box.top - box.height / 2] : [0, 0];
  };

  const place = (x: number, y: number, visible = true) => {
    spot.current = { x, y };
    const ring = cursor.current;
    if (!ring || !shown || !painting) return;
    const diameter = painting.tool === 'brush' ? (painting.size / width) * shown.width : 10;
    ring.style.opacity = visible ? '1' : '0';
    ring.style.width = ring.style.height = `${diameter}px`;
    ring.style.transform = `translate(${(x / width) * shown.width - diameter / 2}px, ${(y / height) * shown.height - diameter / 2}px)`;
  };

  /** What the gesture so far amounts to. */
  const markOf = (points: readonly number[]): Mark => {
    const erase = painting?.erase ?? false;
    if (painting?.tool === 'lasso') return { kind: 'area', erase, points };
    if (painting?.tool === 'rectangle') {
      const [x0 = 0, y0 = 0] = points;
      return { kind: 'area', erase, points: rectanglePoints(x0, y0, points.at(-2) ?? x0, points.at(-1) ?? y0) };
    }
    return { kind: 'stroke', erase, size: painting?.size ?? 1, points };
  };

  const drawLive = (from: number) => {
    const context = canvas.current?.getContext('2d');
    const points = gesture.current?.points;
    if (!context || !points || !painting) return;
    if (painting.tool === 'brush') {
      // Only the newest piece: the canvas already holds the rest.
      paintMark(context, markOf(points.slice(Math.max(0, from - 2))), width, height, painting.colour);
    } else {
      context.clearRect(0, 0, width, height);
      if (finished.current) context.drawImage(finished.current, 0, 0);
      paintMark(context, markOf(points), width, height, painting.colour);
    }
  };

  const onPointerDown = (event: PointerEvent<HTMLDivElement>) => {
    if (event.button > 1) return;
    if (event.target instanceof HTMLInputElement) return;
    event.currentTarget.setPointerCapture(event.pointerId);
    pointers.current.set(event.pointerId, { x: event.clientX, y: event.clientY });
    if (event.pointerType === 'pen') penSeen.current = true;
    const startX = event.clientX;
    const startY = event.clientY;
    if (pointers.current.size > 1) {
      // The first finger of a pinch had begun to paint: that was not meant.
      if (gesture.current?.kind === 'paint') repaint();
      gesture.current = { kind: 'pinch', points: [], startX, startY, distance: 0 };
      return;
    }
    const pans = !painting || busy || event.button === 1 || spaceHeld.current || (event.pointerType === 'touch' && penSeen.current);
    if (pans) {
      gesture.current = { kind: 'pan', points: [], startX, startY, distance: 0 };
      return;
    }
    gesture.current = { kind: 'paint', points: toPicture(startX, startY), startX, startY, distance: 0 };
    if (painting.tool !== 'brush' && canvas.current) {
      const copy = document.createElement('canvas');
      copy.width = width;
      copy.height = height;
      copy.getContext('2d')?.drawImage(canvas.current, 0, 0);
      finished.current = copy;
    }
    drawLive(0);
  };

  const onPointerMove = (event: PointerEvent<HTMLDivElement>) => {
    const before = pointers.current.get(event.pointerId);
    const [x, y] = toPicture(event.clientX, event.clientY);
    place(x, y, event.pointerType !== 'touch');
    const current = gesture.current;
    if (!before || !current) return;
    if (current.kind === 'pinch') {
      const other = [...pointers.current].find(([id]) => id !== event.pointerId)?.[1];
      if (other) {
        const span = (one: { x: number; y: number }) => Math.hypot(one.x - other.x, one.y - other.y);
        const [middleX, middleY] = fromMiddle((event.clientX + other.x) / 2, (event.clientY + other.y) / 2);
        const factor = span({ x: event.clientX, y: event.clientY }) / Math.max(1, span(before));
        const dx = (event.clientX - before.x) / 2;
        const dy = (event.clientY - before.y) / 2;
        move((view0) => {
          const zoomed = zoomedAt(view0, factor, middleX, middleY);
          return { ...zoomed, x: zoomed.x + dx, y: zoomed.y + dy };
        });
      }
    } else if (current.kind === 'pan') {
      const dx = event.clientX - before.x;
      const dy = event.clientY - before.y;
      move((view0) => ({ ...view0, x: view0.x + dx, y: view0.y + dy }));
    } else {
      const from = current.points.length;
      for (const one of event.nativeEvent.getCoalescedEvents?.() ?? []) current.points.push(...toPicture(one.clientX, one.clientY));
      if (current.points.length === from) current.points.push(x, y);
      drawLive(from);
    }
    pointers.current.set(event.pointerId, { x: event.clientX, y: event.clientY });
  };

  const onPointerUp = (event: PointerEvent<HTMLDivElement>) => {
    const known = pointers.current.delete(event.pointerId);
    const current = gesture.current;
    if (!known || !current) return;
    if (current.kind === 'pinch' && pointers.current.size > 0) return;
    gesture.current = undefined;
    finished.current = undefined;
    if (event.type === 'pointercancel') {
      if (current.kind === 'paint') repaint();
      return;
    }
    if (current.kind === 'paint') {
      const next = withMark(mask, markOf(current.points));
      // The canvas shows a stroke already; areas are painted once more without harm.
      if (painting?.tool === 'brush') drawn.current = { marks: next.done, colour: painting.colour };
      onMask(next);
    } else if (current.kind === 'pan' && !painting && view.scale === 1 && event.pointerType === 'touch') {
      const dx = event.clientX - current.startX;
      if (Math.abs(dx) > swipePx && Math.abs(dx) > 2 * Math.abs(event.clientY - current.startY)) onSwipe(dx < 0 ? 1 : -1);
    }
  };

  const onWheel = useEffectEvent((event: WheelEvent) => {
    event.preventDefault();
    if (event.ctrlKey || event.metaKey) {
      const [x, y] = fromMiddle(event.clientX, event.clientY);
      move((before) => zoomedAt(before, Math.exp(-event.deltaY / 240), x, y));
    } else {
      move((before) => ({ ...before, x: before.x - event.deltaX, y: before.y - event.deltaY }));
    }
  });
  const onSpace = useEffectEvent((event: globalThis.KeyboardEvent) => {
    if (event.code !== 'Space') return;
    spaceHeld.current = event.type === 'keydown';
  });
  useEffect(() => {
    const element = stage.current;
    // Not passive: otherwise Ctrl+wheel would enlarge the whole page as well.
    const wheel = (event: WheelEvent) => onWheel(event);
    const space = (event: globalThis.KeyboardEvent) => onSpace(event);
    element?.addEventListener('wheel', wheel, { passive: false });
    document.addEventListener('keydown', space);
    document.addEventListener('keyup', space);
    return () => {
      element?.removeEventListener('wheel', wheel);
      document.removeEventListener('keydown', space);
      document.removeEventListener('keyup', space);
    };
  }, []);

  const onCanvasKey = (event: KeyboardEvent) => {
    if (!painting || busy || event.ctrlKey || event.metaKey || event.altKey) return;
    const step = 10 * (event.shiftKey ? 10 : 1);
    const { x, y } = spot.current;
    const moves: Record<string, [number, number]> = { ArrowLeft: [-step, 0], ArrowRight: [step, 0], ArrowUp: [0, -step], ArrowDown: [0, step] };
    const by = moves[event.key];
    if (by) {
      event.preventDefault();
      event.stopPropagation();
      place(Math.min(width, Math.max(0, x + by[0])), Math.min(height, Math.max(0, y + by[1])));
    } else if (event.key === 'Enter' || event.key === ' ') {
      event.preventDefault();
      onMask(withMark(mask, { kind: 'stroke', erase: painting.erase, size: painting.size, points: [x, y] }));
    }
  };

  return (
    <div
      ref={stage}
      className={`relative size-full touch-none overflow-hidden select-none ${painting && !busy ? 'cursor-none' : view.scale > 1 ? 'cursor-grab active:cursor-grabbing' : ''}`}
      onPointerDown={onPointerDown}
      onPointerMove={onPointerMove}
      onPointerUp={onPointerUp}
      onPointerCancel={onPointerUp}
      onPointerLeave={() => {
        if (cursor.current && !gesture.current) cursor.current.style.opacity = '0';
      }}
      onDoubleClick={(event) => {
        if (painting) return;
        const [x, y] = fromMiddle(event.clientX, event.clientY);
        move((before) => (before.scale > 1 ? fitted : zoomedAt(before, 2.5, x, y)));
      }}
      data-testid="stage"
    >
      <div
        className="absolute top-1/2 left-1/2"
        style={{
          width: shown?.width ?? 0,
          height: shown?.height ?? 0,
          marginLeft: -(shown?.width ?? 0) / 2,
          marginTop: -(shown?.height ?? 0) / 2,
          transform: `translate(${view.x}px, ${view.y}px) scale(${view.scale})`,
        }}
      >
        <img key={revision.id} src={revision.url} width={width} height={height} alt={alt} draggable={false} className="fade-in absolute inset-0 size-full" />
        {compare && (
          <>
            <img
              src={compare.base.url}
              width={width}
              height={height}
              alt=""
              draggable={false}
              className="absolute inset-0 size-full"
              style={{ clipPath: `inset(0 ${100 - compare.at}% 0 0)` }}
            />
            <div aria-hidden="true" className="absolute inset-y-0 w-0.5 -translate-x-1/2 bg-white shadow-[0_0_4px_black]" style={{ left: `${compare.at}%` }} />
          </>
        )}
        {painting && (
          <>
            <div role="application" tabIndex={0} aria-label={words.canvas} className="absolute inset-0" onKeyDown={onCanvasKey}>
            <canvas
              ref={canvas}
              width={width}
              height={height}
              className="size-full opacity-55"
              data-testid="mask"
            />
            </div>
            <div ref={cursor} aria-hidden="true" className="pointer-events-none absolute top-0 left-0 rounded-full border border-white opacity-0 mix-blend-difference outline-1 outline-black/60" />
          </>
        )}
      </div>
      {busy && <div aria-hidden="true" className="painting pointer-events-none absolute inset-0 opacity-35" />}
    </div>
  );
}
