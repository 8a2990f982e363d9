// The parts of Node-RED's editor that we use, as in 4.1 and 5. The published types are for an older version.

/** A node in the editor: its properties, and its definition. */
interface EditorNode {
  readonly id: string;
  readonly type: string;
  readonly _def: {
    readonly category: string;
    readonly defaults: Readonly<Record<string, { readonly value?: unknown; readonly type?: string }>>;
    readonly credentials?: Readonly<Record<string, unknown>>;
  };
  /** The properties in the deployed flow, each as JSON. */
  readonly _config?: Readonly<Record<string, unknown>>;
  /** The credentials that were typed since the last deploy. */
  readonly credentials?: Readonly<Record<string, unknown>>;
  /** The nodes that use a configuration node. */
  readonly users?: readonly EditorNode[];
  account?: unknown;
  /** Node-RED reads the number of ports here. */
  outputs?: unknown;
  events?: unknown;
  layout?: unknown;
  [property: string]: unknown;
}

/** An entry of a menu. Node-RED shows a label that is a string as text. */
interface MenuOption {
  readonly value: string;
  readonly label: string;
}

declare const RED: {
  readonly events: {
    on(event: "nodes:add", listener: (node: EditorNode) => void): void;
    on(event: "registry:node-type-added" | "registry:node-type-removed", listener: (type: string) => void): void;
    emit(event: "nodes:change", node: EditorNode): void;
  };
  readonly view: {
    redraw(updateActive?: boolean): void;
    /** Shows a node and makes it flash. */
    reveal(id: string): void;
  };
  readonly history: {
    push(event: { readonly t: "add"; readonly nodes: readonly string[]; readonly dirty: boolean }): void;
  };
  readonly workspaces: {
    /** The id of the tab or subflow that is open. */
    active(): string;
    isLocked(id: string): boolean;
  };
  readonly i18n: {
    lang(): string;
  };
  /** The text of a key in the user's language; the key itself if there is none. */
  _(key: string, params?: Readonly<Record<string, unknown>>): string;
  readonly utils: {
    getNodeLabel(node: EditorNode, standard: string): unknown;
    /** True, or the problem of a typed input's value. */
    validateTypedProperty(value: string, type: string, opt: Readonly<Record<string, unknown>>): true | string;
  };
  readonly nodes: {
    node(id: string): EditorNode | null | undefined;
    /** A new id. */
    id(): string;
    getType(type: string): EditorNode["_def"];
    eachConfig(visit: (node: EditorNode) => void): void;
    eachWorkspace(visit: (tab: { readonly id: string }) => void): void;
    /** The tab of an id. */
    workspace(id: string): object | null | undefined;
    filterNodes(by: { readonly type?: string; readonly z?: string }): readonly EditorNode[];
    import(
      nodes: readonly object[],
      options: { readonly generateIds: boolean; readonly markChanged: boolean },
    ): unknown;
    dirty(): boolean;
    dirty(now: boolean): void;
  };
  readonly settings: {
    readonly httpNodeRoot?: unknown;
  };
  readonly clipboard: {
    /** Shows the message as HTML: it must be a fixed text of this package. */
    copyText(text: string, beside: JQuery, message: string): void;
  };
  /** Node-RED also takes a string, as HTML. This type forbids it. */
  notify(message: JQuery, options: { readonly type: "success" | "warning" }): void;
  readonly sidebar: {
    addTab(tab: {
      readonly id: string;
      /** Both are shown as text. */
      readonly label: string;
      readonly name: string;
      readonly iconClass: string;
      readonly content: HTMLElement;
      /** The action whose key is shown beside the name. */
      readonly action: string;
      /** Whether it works while a dialog is open. */
      readonly enableOnEdit: boolean;
    }): void;
    removeTab(id: string): void;
    show(id: string): void;
    readonly help: { show(type: string): void };
  };
  readonly actions: {
    add(name: string, act: () => void): void;
    remove(name: string): void;
    invoke(name: string): void;
  };
  readonly editor: {
    edit(node: EditorNode): void;
    editConfig(property: "", type: string, id: string): void;
    validateNode(node: EditorNode): boolean;
    editJSON(options: {
      readonly value: string;
      readonly focus: boolean;
      readonly complete: (value: string) => void;
    }): void;
  };
  readonly popover: {
    menu(options: {
      readonly options: readonly MenuOption[];
      readonly width: number;
      readonly maxHeight: number;
      readonly onselect: (option: MenuOption) => void;
      readonly onclose: () => void;
    }): { show(where: { readonly target: JQuery }): void };
  };
};

/** A type of a typed input with its own list of values, without a value, or with help for typing one. */
interface TypedInputType {
  readonly value: string;
  readonly label: string;
  readonly icon?: string;
  readonly hasValue?: false;
  readonly options?: readonly MenuOption[];
  readonly autoComplete?: Completion;
  /** True, or the problem of a value. */
  readonly validate?: (value: string) => true | string;
  /** Adds a button that calls this. */
  readonly expand?: () => void;
}

/** Completes what is typed. */
type Completion = (part: string, done: (found: readonly MenuOption[]) => void) => void;

interface JQuery {
  typedInput(options: { readonly types: readonly (string | TypedInputType)[]; readonly typeField: string }): this;
  typedInput(method: "type" | "value"): string;
  typedInput(method: "type" | "value", value: string): this;
  autoComplete(options: { readonly search: Completion; readonly minLength: number }): this;
  editableList<Item>(options: {
    readonly height: "auto";
    readonly removable: boolean;
    readonly sortable: boolean;
    readonly addButton: string;
    /** For an item that the button adds, `item` is an empty object. */
    readonly addItem: (container: JQuery, index: number, item: Item | object) => void;
    readonly removeItem: () => void;
    readonly sortItems: () => void;
  }): this;
  editableList(method: "addItems", items: readonly unknown[]): this;
}

/** The node types of this package; put in by the build. */
declare const DESCRIPTIONS: import("./description").Descriptions;

/** The name of this package's texts in the editor; put in by the build. */
declare const NAMESPACE: string;
