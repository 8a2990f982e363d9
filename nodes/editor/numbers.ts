// Draws a list of numbers as an editable list, below a typed input whose type is the list.
import { type NumberingPlan, numbersOf, readEntry } from "../protocol/numbers-to-dial";
import { complete } from "./agents";
import { text } from "./page";

/** The kind of a list's entries. */
export interface ListOf {
  /** Whether they are agents of the platform, which can be picked. */
  readonly picks: boolean;
  /** For numbers to dial: the numbering plan. Entries that are not a number are marked with the reason. */
  readonly plan: NumberingPlan | undefined;
}

/** The entries of a text. Numbers to dial may contain spaces, staff numbers may not. */
const split = (value: string, { plan }: ListOf): readonly string[] =>
  plan === undefined ? value.split(/[\s,，;；、]+/).filter((part) => part !== "") : numbersOf(value, plan);

/** The entries of a stored value. A value that is not JSON is read as a text, so that no input is lost. */
function stored(value: string, of: ListOf): readonly string[] {
  try {
    const parsed: unknown = JSON.parse(value);
    if (Array.isArray(parsed)) return parsed.map(String);
  } catch {
    // The value is a text.
  }
  return split(value, of);
}

/** Marks a row that is not a number to dial. The tooltip has the reason. */
function mark(row: JQuery, { plan }: ListOf): void {
  const value = String(row.val()).trim();
  const read = plan === undefined || value === "" ? undefined : readEntry(value, plan);
  const reason = read?.kind === "illegal" ? text(`form.numbers.${read.reason}`) : "";
  row.toggleClass("input-error", reason !== "").attr("title", reason);
}

/**
 * Draws the list below a typed input.
 * @param label names the numbers for screen readers
 */
export function drawNumbers(element: JQuery, label: string, of: ListOf): void {
  const list = $("<ol>").addClass("sccc-numbers").insertAfter(element.closest(".sccc-control"));
  const rows = (): JQuery<HTMLInputElement> => list.find<HTMLInputElement>("input");
  const write = (): void => {
    const numbers = rows()
      .toArray()
      .map(({ value }) => value.trim())
      .filter((number) => number !== "");
    element.typedInput("value", numbers.length === 0 ? "" : JSON.stringify(numbers));
  };
  list.editableList<string>({
    height: "auto",
    removable: true,
    sortable: true,
    addButton: text("form.addNumber"),
    addItem: (container, _, number) => {
      const row = $("<input>").attr("type", "text").attr("aria-label", label);
      row.val(typeof number === "string" ? number : "");
      row.appendTo(container.addClass("sccc-number"));
      mark(row, of);
      if (of.picks) row.autoComplete({ search: complete, minLength: 0 });
      row.on("change input", () => {
        mark(row, of);
        write();
      });
      row.on("paste", (event) => {
        const pasted = (event.originalEvent as ClipboardEvent).clipboardData?.getData("text") ?? "";
        const [first = "", ...others] = split(pasted, of);
        if (others.length === 0) return;
        event.preventDefault();
        row.val(first);
        mark(row, of);
        list.editableList("addItems", others);
        write();
      });
      if (number === undefined || typeof number === "object") row.trigger("focus");
    },
    removeItem: write,
    sortItems: write,
  });
  const frame = list.closest(".red-ui-editableList");
  const show = (): void => void frame.toggle(element.typedInput("type") === "json");
  element.on("change", show);
  list.editableList("addItems", [...stored(element.typedInput("type") === "json" ? String(element.val()) : "", of)]);
  show();
}
