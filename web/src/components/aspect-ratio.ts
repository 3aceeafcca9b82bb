import { useStudio } from '../session';

/** Width by height of a format: keeps every picture's place before the picture is there. */
export function useAspectRatio(code: string | undefined): number {
  const { formats } = useStudio();
  const format = formats.find((one) => one.code === code) ?? formats[0];
  return format ? format.width / format.height : 9 / 16;
}
