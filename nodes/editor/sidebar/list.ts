// A list of any length with rows of one height. Only the rows in sight are elements. When rows are added at the
// beginning, the visible rows stay in place, unless the list is scrolled to its beginning.
import { create, h, type VNode } from "./dom";

export interface Row {
  readonly number: number;
}

interface ListDeps<Item extends Row> {
  readonly label: string;
  readonly rowHeight: number;
  readonly draw: (item: Item) => VNode;
  readonly select: (item: Item) => void;
  /** Moves the focus to the entry that the selected row opened; false if none is open. */
  readonly enter: () => boolean;
  readonly leave: () => void;
  /** The list was scrolled to its beginning, or away from it. */
  readonly onTop: (top: boolean) => void;
}

/** Rows above and below those in sight, so that scrolling does not show gaps. */
const margin = 8;

let lists = 0;

export class VirtualList<Item extends Row> {
  readonly element: HTMLElement;
  readonly #space: HTMLElement;
  readonly #rows = new Map<number, { readonly item: Item; readonly element: HTMLElement }>();
  readonly #id = `sccc-side-list-${++lists}`;
  #items: readonly Item[] = [];
  #selected: number | undefined;
  /** The row that the arrow keys have reached. The next key may come before it is shown as selected. */
  #reached: number | undefined;
  #drawing = false;
  #top = true;

  constructor(private readonly deps: ListDeps<Item>) {
    this.element = create(
      h("div", {
        class: "sccc-side-list",
        role: "listbox",
        tabIndex: 0,
        label: deps.label,
        onKeyDown: (event) => this.#key(event),
      }),
    );
    this.#space = create(h("div", { class: "sccc-side-space", role: "presentation" }));
    this.element.appendChild(this.#space);
    this.element.addEventListener("scroll", () => this.#later());
    new ResizeObserver(() => this.#later()).observe(this.element);
  }

  /** Shows these items. `selected` is the number of the open one. */
  show(items: readonly Item[], selected: number | undefined): void {
    const { rowHeight } = this.deps;
    const { scrollTop } = this.element;
    const first = this.#items[Math.floor(scrollTop / rowHeight)];
    const changed = items !== this.#items;
    const opened = selected !== undefined && selected !== this.#selected;
    this.#items = items;
    this.#selected = selected;
    this.#reached = selected;
    if (changed) {
      this.#space.style.height = `${items.length * rowHeight}px`;
      if (scrollTop > 0 && first !== undefined) {
        this.element.scrollTop = this.#indexAtOrAfter(first.number) * rowHeight + (scrollTop % rowHeight);
      }
    }
    // The list may just have become shorter.
    if (opened) this.#bring(selected);
    this.#draw();
  }

  /** Scrolls to the beginning. */
  toTop(): void {
    this.element.scrollTop = 0;
    this.#draw();
  }

  /** The index of a number, or of the next older one if it is gone. Numbers decrease along the list. */
  #indexAtOrAfter(number: number): number {
    let [low, high] = [0, this.#items.length];
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((this.#items[middle]?.number ?? 0) > number) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  #later(): void {
    if (this.#drawing) return;
    this.#drawing = true;
    requestAnimationFrame(() => {
      this.#drawing = false;
      this.#draw();
    });
  }

  #draw(): void {
    const { rowHeight } = this.deps;
    const { scrollTop, clientHeight } = this.element;
    const from = Math.max(0, Math.floor(scrollTop / rowHeight) - margin);
    const seen = this.#items.slice(from, Math.ceil((scrollTop + clientHeight) / rowHeight) + margin);
    const numbers = new Map(seen.map((item) => [item.number, item]));
    for (const [number, { item, element }] of this.#rows) {
      if (numbers.get(number) === item) continue;
      this.#space.removeChild(element);
      this.#rows.delete(number);
    }
    for (const [offset, item] of seen.entries()) this.#place(item, from + offset);
    const active = this.#selected !== undefined && this.#rows.has(this.#selected);
    if (active) this.element.setAttribute("aria-activedescendant", `${this.#id}-${this.#selected}`);
    else this.element.removeAttribute("aria-activedescendant");
    const top = scrollTop < rowHeight;
    if (top !== this.#top) {
      this.#top = top;
      this.deps.onTop(top);
    }
  }

  #place(item: Item, index: number): void {
    const { number } = item;
    const row = this.#rows.get(number) ?? { item, element: this.#create(item) };
    const { element } = row;
    if (!this.#rows.has(number)) {
      this.#rows.set(number, row);
      this.#space.appendChild(element);
    }
    element.style.top = `${index * this.deps.rowHeight}px`;
    element.setAttribute("aria-setsize", String(this.#items.length));
    element.setAttribute("aria-posinset", String(index + 1));
    element.setAttribute("aria-selected", String(number === this.#selected));
  }

  #create(item: Item): HTMLElement {
    const element = create(this.deps.draw(item));
    element.setAttribute("id", `${this.#id}-${item.number}`);
    element.setAttribute("role", "option");
    element.style.height = `${this.deps.rowHeight}px`;
    element.addEventListener("click", () => this.deps.select(item));
    return element;
  }

  /** Selects the item at an index. */
  #go(index: number): void {
    const item = this.#items[Math.min(Math.max(0, index), this.#items.length - 1)];
    if (item === undefined) return;
    this.#reached = item.number;
    this.deps.select(item);
  }

  /** Brings the row of a number into sight. */
  #bring(number: number): void {
    const { rowHeight } = this.deps;
    const place = this.#indexAtOrAfter(number);
    const { element } = this;
    const [top, bottom] = [place * rowHeight, (place + 1) * rowHeight];
    if (top < element.scrollTop) element.scrollTop = top;
    else if (bottom > element.scrollTop + element.clientHeight) element.scrollTop = bottom - element.clientHeight;
  }

  #key(event: KeyboardEvent): void {
    const at = this.#reached === undefined ? -1 : this.#indexAtOrAfter(this.#reached);
    const page = Math.max(1, Math.floor(this.element.clientHeight / this.deps.rowHeight) - 1);
    const moves: Readonly<Record<string, number>> = {
      ArrowDown: at + 1,
      ArrowUp: Math.max(0, at - 1),
      PageDown: Math.max(0, at) + page,
      PageUp: at - page,
      Home: 0,
      End: this.#items.length - 1,
    };
    const to = moves[event.key];
    if (to !== undefined) this.#go(to);
    else if (event.key === "Enter" || event.key === " ") {
      if (at === -1) this.#go(0);
      else this.deps.enter();
    } else if (event.key === "Escape") this.deps.leave();
    else return;
    event.preventDefault();
    event.stopPropagation();
  }
}
