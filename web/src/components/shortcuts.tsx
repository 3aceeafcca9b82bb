import { useText, useWords } from '../i18n';
import { Dialog } from './dialog';
import { Icon } from './icon';

const zh = {
  title: '键盘快捷键',
  everywhere: '全站',
  picture: '大图与编辑',
  rows: [
    ['?', '显示这张表'],
    ['G G', '生成海报'],
    ['G H', '历史记录'],
    ['G M', '用户中心'],
    ['Ctrl + Enter', '提交生成或编辑'],
  ],
  pictureRows: [
    ['← →', '上一版 / 下一版'],
    ['M', '切换全图与涂抹'],
    ['B / E', '画笔 / 橡皮'],
    ['[ ]', '笔刷变小 / 变大'],
    ['Ctrl + Z', '撤销（加 Shift 重做）'],
    ['+ − 0', '放大 / 缩小 / 适应窗口'],
    ['C', '按住与修改前对比'],
    ['Esc', '关闭'],
  ],
};
const en: typeof zh = {
  title: 'Keyboard shortcuts',
  everywhere: 'Everywhere',
  picture: 'Large picture and editor',
  rows: [
    ['?', 'Show this list'],
    ['G G', 'Create posters'],
    ['G H', 'History'],
    ['G M', 'Account'],
    ['Ctrl + Enter', 'Submit'],
  ],
  pictureRows: [
    ['← →', 'Version before / after'],
    ['M', 'Whole picture or brush'],
    ['B / E', 'Brush / eraser'],
    ['[ ]', 'Smaller / larger brush'],
    ['Ctrl + Z', 'Undo (with Shift: redo)'],
    ['+ − 0', 'Zoom in / out / fit'],
    ['C', 'Hold to compare'],
    ['Esc', 'Close'],
  ],
};
export const shortcutWords = { zh, en };

/** The sheet itself; its code comes when somebody asks for it. */
export default function Shortcuts({ onClose }: { onClose: () => void }) {
  const t = useText();
  const words = useWords(shortcutWords);
  return (
    <Dialog label={words.title} onClose={onClose} className="w-[min(34rem,calc(100vw-2rem))] rounded-2xl p-6 sm:p-8">
      <div className="mb-4 flex items-start">
        <h2 className="display text-xl">{words.title}</h2>
        <button type="button" className="btn btn-quiet -mt-2 -mr-3 ml-auto" aria-label={t.close} onClick={onClose}>
          <Icon name="close" />
        </button>
      </div>
      <div className="grid gap-x-10 gap-y-5 sm:grid-cols-2">
        <Keys title={words.everywhere} rows={words.rows} />
        <Keys title={words.picture} rows={words.pictureRows} />
      </div>
    </Dialog>
  );
}

function Keys({ title, rows }: { title: string; rows: readonly string[][] }) {
  return (
    <section>
      <h3 className="mb-2 text-sm font-semibold text-muted">{title}</h3>
      <dl className="grid gap-1.5">
        {rows.map(([key, text]) => (
          <div key={key} className="flex flex-row-reverse items-baseline justify-between gap-4">
            <dt>
              <kbd className="rounded-sm border border-line bg-sunken px-1.5 font-sans text-xs whitespace-nowrap">{key}</kbd>
            </dt>
            <dd>{text}</dd>
          </div>
        ))}
      </dl>
    </section>
  );
}
