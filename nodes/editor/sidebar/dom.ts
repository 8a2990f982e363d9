// Draws a view from a tree of plain descriptions. A later tree changes only what differs, so that focus, scroll
// positions and selections stay. Every text becomes a text node.

/** The description of an element. */
export interface VNode {
  readonly tag: string;
  readonly props: Props;
  readonly children: readonly Child[];
}

/** A child: an element, a text, or nothing. */
export type Child = VNode | HTMLElement | string | false | undefined;

/** The properties of an element. `key` tells siblings apart when their order changes. */
export interface Props {
  readonly key?: string | number | undefined;
  readonly class?: string | undefined;
  readonly id?: string | undefined;
  readonly title?: string | undefined;
  readonly role?: string | undefined;
  readonly for?: string | undefined;
  readonly type?: string | undefined;
  readonly placeholder?: string | undefined;
  readonly inputMode?: string | undefined;
  readonly value?: string | undefined;
  readonly checked?: boolean | undefined;
  readonly readOnly?: boolean | undefined;
  readonly disabled?: boolean | undefined;
  readonly tabIndex?: number | undefined;
  /** The width of a part of a bar, in percent. */
  readonly width?: number | undefined;
  readonly label?: string | undefined;
  readonly labelledBy?: string | undefined;
  readonly controls?: string | undefined;
  readonly pressed?: boolean | undefined;
  readonly selected?: boolean | undefined;
  readonly expanded?: boolean | undefined;
  readonly hiddenFromReaders?: boolean | undefined;
  readonly live?: "polite" | undefined;
  readonly current?: "step" | undefined;
  readonly valueNow?: number | undefined;
  readonly valueMax?: number | undefined;
  readonly valueText?: string | undefined;
  readonly setSize?: number | undefined;
  readonly positionInSet?: number | undefined;
  readonly activeDescendant?: string | undefined;
  readonly onClick?: (event: Event) => void;
  readonly onInput?: (value: string) => void;
  readonly onKeyDown?: (event: KeyboardEvent) => void;
}

/** Describes an element. */
export const h = (tag: string, props: Props = {}, ...children: readonly Child[]): VNode => ({ tag, props, children });

type Attribute = readonly [name: string, set: (element: HTMLElement, value: string) => void];

/** A function for each attribute, because the linter checks which attributes are set. */
const attributes: Readonly<Partial<Record<keyof Props, Attribute>>> = {
  id: ["id", (element, value) => element.setAttribute("id", value)],
  title: ["title", (element, value) => element.setAttribute("title", value)],
  role: ["role", (element, value) => element.setAttribute("role", value)],
  for: ["for", (element, value) => element.setAttribute("for", value)],
  type: ["type", (element, value) => element.setAttribute("type", value)],
  placeholder: ["placeholder", (element, value) => element.setAttribute("placeholder", value)],
  label: ["aria-label", (element, value) => element.setAttribute("aria-label", value)],
  labelledBy: ["aria-labelledby", (element, value) => element.setAttribute("aria-labelledby", value)],
  controls: ["aria-controls", (element, value) => element.setAttribute("aria-controls", value)],
  pressed: ["aria-pressed", (element, value) => element.setAttribute("aria-pressed", value)],
  selected: ["aria-selected", (element, value) => element.setAttribute("aria-selected", value)],
  expanded: ["aria-expanded", (element, value) => element.setAttribute("aria-expanded", value)],
  hiddenFromReaders: ["aria-hidden", (element, value) => element.setAttribute("aria-hidden", value)],
  live: ["aria-live", (element, value) => element.setAttribute("aria-live", value)],
  current: ["aria-current", (element, value) => element.setAttribute("aria-current", value)],
  valueNow: ["aria-valuenow", (element, value) => element.setAttribute("aria-valuenow", value)],
  valueMax: ["aria-valuemax", (element, value) => element.setAttribute("aria-valuemax", value)],
  valueText: ["aria-valuetext", (element, value) => element.setAttribute("aria-valuetext", value)],
  setSize: ["aria-setsize", (element, value) => element.setAttribute("aria-setsize", value)],
  positionInSet: ["aria-posinset", (element, value) => element.setAttribute("aria-posinset", value)],
  activeDescendant: ["aria-activedescendant", (element, value) => element.setAttribute("aria-activedescendant", value)],
};

/** The description that an element was drawn from. Its handlers are looked up here, so that each event has one listener. */
const drawn = new WeakMap<Node, Props>();

function listen(element: HTMLElement): void {
  element.addEventListener("click", (event) => drawn.get(element)?.onClick?.(event));
  element.addEventListener("keydown", (event) => drawn.get(element)?.onKeyDown?.(event));
  element.addEventListener("input", () => {
    if (hasValue(element)) drawn.get(element)?.onInput?.(element.value);
  });
}

const hasValue = (element: HTMLElement): element is HTMLInputElement | HTMLSelectElement =>
  element instanceof HTMLInputElement || element instanceof HTMLSelectElement;

const canBeDisabled = (element: HTMLElement): element is HTMLButtonElement | HTMLInputElement | HTMLSelectElement =>
  element instanceof HTMLButtonElement || hasValue(element);

/** Updates an element to its description. */
function update(element: HTMLElement, { props, children }: VNode): void {
  const before = drawn.get(element);
  drawn.set(element, props);
  for (const [property, [name, set]] of Object.entries(attributes) as [keyof Props, Attribute][]) {
    const value = props[property];
    if (value === before?.[property]) continue;
    if (value === undefined) element.removeAttribute(name);
    else set(element, String(value));
  }
  if (element.className !== (props.class ?? "")) element.className = props.class ?? "";
  if (props.tabIndex !== undefined) element.tabIndex = props.tabIndex;
  if (props.width !== undefined) element.style.width = `${props.width}%`;
  if (canBeDisabled(element)) element.disabled = props.disabled === true;
  if (element instanceof HTMLInputElement) {
    element.readOnly = props.readOnly === true;
    if (props.inputMode !== undefined) element.inputMode = props.inputMode;
  }
  if (element instanceof HTMLOptionElement) element.value = props.value ?? "";
  patch(element, children);
  // A select element accepts a value only if it has that option.
  if (hasValue(element) && props.value !== undefined && element.value !== props.value) element.value = props.value;
}

/** Makes a new element. */
export function create(node: VNode): HTMLElement {
  const element = document.createElement(node.tag);
  listen(element);
  update(element, node);
  return element;
}

const isVNode = (child: Child): child is VNode =>
  typeof child === "object" && !(child instanceof HTMLElement) && child !== undefined;

/** Whether an existing element can be updated to the wanted one. */
function fits(there: Node, wanted: Child): boolean {
  if (typeof wanted === "string") return there.nodeType === Node.TEXT_NODE;
  if (!isVNode(wanted)) return there === wanted;
  const props = drawn.get(there);
  return props !== undefined && props.key === wanted.props.key && there.nodeName.toLowerCase() === wanted.tag;
}

function made(child: VNode | HTMLElement | string): Node {
  if (typeof child === "string") return document.createTextNode(child);
  return isVNode(child) ? create(child) : child;
}

/** Gives an element these children. Existing ones are reused. */
export function patch(parent: HTMLElement, wanted: readonly Child[]): void {
  const children = wanted.filter(
    (child): child is VNode | HTMLElement | string => child !== undefined && child !== false,
  );
  const free = [...parent.childNodes];
  const chosen = children.map((child) => {
    const index = free.findIndex((there) => fits(there, child));
    const [found] = index === -1 ? [] : free.splice(index, 1);
    return found;
  });
  // Removed ones go first, because an element that is moved would lose the focus.
  for (const gone of free) parent.removeChild(gone);
  for (const [index, child] of children.entries()) {
    const there = chosen[index];
    const node = there ?? made(child);
    if (there instanceof HTMLElement && isVNode(child)) update(there, child);
    else if (typeof child === "string" && node.nodeValue !== child) node.nodeValue = child;
    const at = parent.childNodes.item(index);
    if (at !== node) parent.insertBefore(node, at);
  }
}
