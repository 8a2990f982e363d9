// What we use of Node-RED's editor, as 4.1 and 5 have it. The types published for it are of an older one.

/** A node in the editor: its properties, and its definition. */
interface EditorNode {
  readonly id: string;
  readonly type: string;
  readonly _def: {
    readonly category: string;
    readonly defaults: Readonly<Record<string, { readonly value?: unknown }>>;
  };
  /** The properties as they stood in the flow, each as JSON. */
  readonly _config?: Readonly<Record<string, unknown>>;
  /** Node-RED reads the number of ports here. */
  outputs?: unknown;
  events?: unknown;
  readonly [property: string]: unknown;
}

declare const RED: {
  readonly events: {
    on(event: "nodes:add", listener: (node: EditorNode) => void): void;
  };
  /** The text of a key in the user's language; the key itself where there is none. */
  _(key: string, params?: Readonly<Record<string, unknown>>): string;
  readonly utils: {
    /** True, or what is wrong with a value of a typed input. */
    validateTypedProperty(value: string, type: string, opt: Readonly<Record<string, unknown>>): true | string;
  };
};

/** A type of a typed input that has its own list of values. */
interface TypedInputType {
  readonly value: string;
  readonly label: string;
  readonly icon?: string;
  readonly options: readonly { readonly value: string; readonly label: string }[];
}

interface JQuery {
  typedInput(options: { readonly types: readonly (string | TypedInputType)[]; readonly typeField: string }): this;
  typedInput(method: "type"): string;
}

/** The node types of this package; put in by the build. */
declare const DESCRIPTIONS: import("./description").Descriptions;

/** The name of this package's texts in the editor; put in by the build. */
declare const NAMESPACE: string;
