// A list of numbers as an editable list: below a typed input, while its type is the list.
import { complete } from "./agents";
import { text } from "./page";

/** What separates numbers in a text; as in protocol/check. */
const separator = /[\s,，;；、]+/;

/** The numbers of a stored value; of one that is no JSON, those of the text: nothing that somebody wrote gets lost. */
function numbersOf(value: string): readonly string[] {
  try {
    const parsed: unknown = JSON.parse(value);
    if (Array.isArray(parsed)) return parsed.map(String);
  } catch {
    // It is a text.
  }
  return value.split(separator).filter((part) => part !== "");
}

/**
 * Draws the list below a typed input.
 * @param label what the numbers are, for those who can't see where they stand
 * @param picks whether they are agents of the platform
 */
export function drawNumbers(element: JQuery, label: string, picks: boolean): void {
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
      if (picks) row.autoComplete({ search: complete, minLength: 0 });
      row.on("change input", write);
      row.on("paste", (event) => {
        const pasted = (event.originalEvent as ClipboardEvent).clipboardData?.getData("text") ?? "";
        const [first = "", ...others] = pasted.split(separator).filter((part) => part !== "");
        if (others.length === 0) return;
        event.preventDefault();
        row.val(first);
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
  list.editableList("addItems", [...numbersOf(element.typedInput("type") === "json" ? String(element.val()) : "")]);
  show();
}
