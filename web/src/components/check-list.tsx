interface Props<T extends string> {
  legend: string;
  options: readonly T[];
  chosen: readonly T[];
  name: (option: T) => string;
  onChange: (chosen: readonly T[]) => void;
}

/** Several of a few, each with a box of its own. */
export function CheckList<T extends string>({ legend, options, chosen, name, onChange }: Props<T>) {
  return (
    <fieldset>
      <legend className="label">{legend}</legend>
      <div className="flex flex-wrap gap-x-5 gap-y-1">
        {options.map((option) => (
          <label key={option} className="flex min-h-11 items-center gap-2">
            <input
              type="checkbox"
              className="size-4.5 accent-accent"
              checked={chosen.includes(option)}
              onChange={(event) => onChange(options.filter((one) => (one === option ? event.target.checked : chosen.includes(one))))}
            />
            {name(option)}
          </label>
        ))}
      </div>
    </fieldset>
  );
}
