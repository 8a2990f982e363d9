// Known values of a text field: offered while the user types, and in a menu beside the field.
import type { Suggestion } from "./description";
import { text } from "./page";

/** Shows a menu beside a field. */
export function showMenu(beside: JQuery, options: readonly MenuOption[], take: (value: string) => void): void {
  const menu = RED.popover.menu({
    options,
    width: Math.max(240, Number(beside.outerWidth())),
    maxHeight: 240,
    onselect: ({ value }) => take(value),
    onclose: () => beside.trigger("focus"),
  });
  menu.show({ target: beside });
}

const optionOf = ({ value, key }: Suggestion): MenuOption => ({ value, label: `${value}: ${text(key)}` });

/** Completes typed text from known values. */
export const completeFrom =
  (suggestions: readonly Suggestion[]): Completion =>
  (part, done) =>
    done(suggestions.map(optionOf).filter(({ label }) => label.toLowerCase().includes(part.toLowerCase())));

/** Lets one of the known values be chosen. */
export const pickFrom = (suggestions: readonly Suggestion[], beside: JQuery, take: (value: string) => void): void =>
  showMenu(beside, suggestions.map(optionOf), take);
