// Weekly windows in a form: one row for each, with its days and two times. A text such as ${HOURS} is shown unchanged.
import { editor, text } from "./page";
import { windowsProblem } from "./problem";

const days = [1, 2, 3, 4, 5, 6, 7] as const;

/** A new row: office hours. */
const standard = { days: [1, 2, 3, 4, 5], from: "09:00", to: "18:00" };

const place = (property: string): JQuery => $(`#node-input-${property}-choice`);

const values = (row: HTMLElement, kind: string): readonly string[] =>
  [...row.querySelectorAll<HTMLInputElement>(kind)].map(({ value }) => value.trim());

/** People type 9:00. */
const padded = (time = ""): string => (/^\d:\d\d$/.test(time) ? `0${time}` : time);

/** The windows in the form; those of the node if they are not drawn. */
export function hoursInForm(node: EditorNode, property: string): unknown {
  const list = place(property);
  const written = list.children("input");
  if (written.length > 0) return String(written.val()).trim();
  if (list.find("ol").length === 0) return node[property];
  return list
    .find(".sccc-window")
    .toArray()
    .map((row) => {
      const [from, to] = values(row, "input[type=text]");
      return { days: values(row, "input:checked").map(Number), from: padded(from), to: padded(to) };
    });
}

interface Shown {
  readonly days: readonly unknown[];
  readonly from: string;
  readonly to: string;
}

/** In an imported flow, a window may be any value. */
function shownOf(item: unknown): Shown {
  const { days: chosen, from, to } = (item ?? {}) as Record<string, unknown>;
  if (chosen === undefined && from === undefined && to === undefined) return standard;
  return { days: Array.isArray(chosen) ? chosen : [], from: String(from ?? ""), to: String(to ?? "") };
}

function timeInput(value: string, key: string): JQuery {
  const label = text(key);
  return $("<input>")
    .attr("type", "text")
    .attr("aria-label", label)
    .attr("title", label)
    .attr("placeholder", "HH:mm")
    .val(value);
}

function draw(container: JQuery, { days: chosen, from, to }: Shown): void {
  container.addClass("sccc-window");
  for (const day of days) {
    const label = $("<label>").appendTo(container);
    $("<span>")
      .text(text(`form.hours.days.${day}`))
      .appendTo(label);
    $("<input>").attr("type", "checkbox").val(String(day)).prop("checked", chosen.includes(day)).appendTo(label);
  }
  // The times stay on one line, even if they do not fit beside the days.
  const times = $("<div>").addClass("sccc-times").appendTo(container);
  timeInput(from, "form.hours.from").appendTo(times);
  $("<span>").text("–").appendTo(times);
  timeInput(to, "form.hours.to").appendTo(times);
}

/** Draws the windows of a node, and their problems below them. */
export function prepareHours(node: EditorNode, property: string): void {
  const within = place(property);
  const problem = within.closest(".form-row").find(".sccc-problem");
  const review = (): void => void problem.text(windowsProblem(hoursInForm(node, property), editor) ?? "");
  const saved = node[property];
  if (typeof saved === "string" && saved.trim() !== "") {
    const label = within.closest(".form-row").find("label").first().text().trim();
    $("<input>").attr("type", "text").attr("aria-label", label).val(saved).on("change input", review).appendTo(within);
    review();
    return;
  }
  const list = $("<ol>").appendTo(within);
  list.editableList<unknown>({
    height: "auto",
    removable: true,
    sortable: false,
    addButton: text("form.hours.add"),
    addItem: (container, _, item) => {
      draw(container, shownOf(item));
      container.on("change input", review);
      review();
    },
    removeItem: review,
    sortItems: review,
  });
  list.editableList("addItems", Array.isArray(saved) ? saved : []);
}
