// Derives every node type from the catalogue: its properties with their defaults, its place in the palette, its looks.
// Forms, registrations, help and the editor's checks are all made from these records.
import {
  accountSettings,
  type Command,
  callEvents,
  callsSettings,
  commands,
  defaultCallEvents,
  type Field,
  feedSettings,
  type Group,
  groups,
  type Push,
  pushes,
  type Rule,
  receivingSettings,
  recording,
  recordingSettings,
  type Setting,
  seqOf,
  simulatorSettings,
  type Text,
  type TextFormat,
  trackerSettings,
} from "../nodes/catalogue";
import type { Condition, Described, Description, Descriptions, OtherOutputs } from "../nodes/editor/description";

/** The folded sections of a form, in their order. */
export const sections = ["limits", "network", "safety", "receiving", "more"] as const;

/** A property of a node, a row of its form. `key` is where its label and hint are in the locales, `icon` is Font Awesome's. */
export type Property = {
  readonly name: string;
  readonly key: string;
  readonly icon: string;
  readonly required: boolean;
  /** The folded section of the form that it stands in. */
  readonly section?: (typeof sections)[number];
  readonly onlyIf?: Condition;
} & (
  | {
      readonly kind: "text";
      readonly default: string;
      readonly format?: TextFormat;
      readonly example?: string;
      /** Known values, each with the key of its text. */
      readonly suggestions?: readonly { readonly key: string; readonly value: string }[];
    }
  | {
      readonly kind: "number";
      /** null: it may be left empty. */
      readonly default: number | null;
      readonly min: number;
      readonly max: number;
      readonly integer: boolean;
      readonly unit: boolean;
    }
  | { readonly kind: "boolean"; readonly default: boolean }
  | { readonly kind: "choice"; readonly default: string; readonly choices: readonly string[] }
  | { readonly kind: "secret" }
  | { readonly kind: "node"; readonly type: string }
  /** Some events. `standard`: what none ticked stands for, where that is not all. */
  | {
      readonly kind: "events";
      readonly default: readonly string[];
      readonly events: readonly Push[];
      readonly standard?: readonly string[];
    }
  /** The number of outputs, which nobody sees: it follows another property. */
  | { readonly kind: "ports"; readonly default: number }
  /** A typed input: kept as two properties, `name` and `nameType`. */
  | {
      readonly kind: "typed";
      readonly default: string;
      readonly defaultType: string;
      readonly types: readonly string[];
      readonly example: string;
      /** The rule for literals; absent: anything that is not empty. */
      readonly field?: Field;
    }
);

/**
 * What a form has beside properties: a button that tries the account out, the address that the platform has to push to, a button that
 * sends a sample of an event.
 */
export interface Tool {
  readonly kind: "connection" | "address" | "sample";
  readonly section?: Property["section"];
}

/** A node type. `key` is where its label and summary are in the locales. */
export interface NodeType {
  readonly type: string;
  readonly key: string;
  readonly config: boolean;
  readonly group: Group;
  readonly color: string;
  readonly icon: string;
  /** The keys of what goes into its inputs, and of what comes out of its outputs. */
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
  /** Its outputs while a property applies and has another value than usual. */
  readonly otherOutputs?: OtherOutputs;
  readonly properties: readonly Property[];
  readonly tools?: readonly Tool[];
  /** The function of the editor's script that a button on the node calls. */
  readonly press?: string;
  /** The properties that stand in the text `does`, which says on the canvas what the node will do. */
  readonly does?: readonly string[];
  /** The command of the open API that it carries out. */
  readonly command?: Command;
}

/** The types that a typed input offers for a literal of each kind. */
const literals: Readonly<Record<Rule["kind"], readonly string[]>> = {
  digits: ["str"],
  phone: ["str"],
  integer: ["num"],
  decimal: ["num"],
  choice: ["str"],
  text: ["str"],
  time: ["str"],
  list: ["json", "str"],
};

const icons: Readonly<Record<Rule["kind"] | Setting["kind"], string>> = {
  digits: "hashtag",
  phone: "phone",
  integer: "sort-numeric-asc",
  decimal: "sliders",
  choice: "list-ul",
  text: "pencil",
  time: "clock-o",
  list: "list-ol",
  number: "sort-numeric-asc",
  boolean: "check-square-o",
  secret: "lock",
  node: "cog",
  typed: "code",
};

/** Where a look at the name says more than a look at the kind. */
const iconOf: Readonly<Record<string, string>> = {
  name: "tag",
  account: "building-o",
  agent: "user",
  agents: "users",
  userData: "bookmark-o",
  baseUrl: "globe",
  recordingUrl: "file-audio-o",
  pushUrl: "globe",
  customer: "building-o",
  pushUser: "user",
  pushPath: "link",
  pushPort: "plug",
  pushHost: "server",
  pushAllow: "shield",
  redeliverAfter: "repeat",
  seq: "barcode",
};

const iconFor = (name: string, kind: Rule["kind"] | Setting["kind"]): string => iconOf[name] ?? icons[kind];

/** A field's condition, in terms of the node's properties. */
function conditionOf({ onlyIf }: Field, fields: readonly Field[]): Condition | undefined {
  if (onlyIf === undefined) return undefined;
  const other = fields.find(({ name }) => name === onlyIf.field);
  return { property: other?.property ?? onlyIf.field, is: onlyIf.is };
}

function fieldProperty(key: string, field: Field, fields: readonly Field[]): Property {
  const name = field.property ?? field.name;
  const condition = conditionOf(field, fields);
  return {
    kind: "typed",
    name,
    key,
    icon: iconFor(name, field.rule.kind),
    required: field.required,
    default: `payload.${name}`,
    defaultType: "msg",
    types: ["msg", "flow", "global", ...literals[field.rule.kind], "env", "jsonata"],
    example: field.example,
    field,
    ...(condition === undefined ? {} : { onlyIf: condition }),
  };
}

const conditionOfSetting = ({ setting, is, isNot }: NonNullable<Setting["onlyIf"]>): Condition => ({
  property: setting,
  ...(is === undefined ? {} : { is }),
  ...(isNot === undefined ? {} : { isNot }),
});

function settingProperty(key: string, setting: Setting): Property {
  const common = {
    name: setting.name,
    key: `${key}.${setting.name}`,
    icon: iconFor(setting.name, setting.kind),
    required: "required" in setting,
    ...(setting.section === undefined ? {} : { section: setting.section }),
    ...(setting.onlyIf === undefined ? {} : { onlyIf: conditionOfSetting(setting.onlyIf) }),
  };
  switch (setting.kind) {
    case "text": {
      const { default: value, example, format, suggestions } = setting;
      return {
        ...common,
        kind: "text",
        default: value,
        ...(format === undefined ? {} : { format }),
        ...(example === undefined ? {} : { example }),
        ...(suggestions === undefined
          ? {}
          : {
              suggestions: suggestions.map(({ key: end, value: known }) => ({
                key: `${common.key}.suggestions.${end}`,
                value: known,
              })),
            }),
      };
    }
    case "number": {
      const { default: value, min, max, integer } = setting;
      return { ...common, kind: "number", default: value, min, max, integer, unit: setting.unit !== undefined };
    }
    case "boolean":
      return { ...common, kind: "boolean", default: setting.default };
    case "choice":
      return {
        ...common,
        kind: "choice",
        default: setting.default,
        choices: setting.choices.map(({ value }) => value),
      };
    case "secret":
      return { ...common, kind: "secret" };
    case "node":
      return { ...common, kind: "node", type: setting.type };
    case "typed": {
      const { default: value, defaultType, types, example } = setting;
      return { ...common, kind: "typed", default: value, defaultType, types, example };
    }
  }
}

const settings = (key: string, all: readonly Setting[]) => all.map((setting) => settingProperty(key, setting));

/** The part of a locale key that stands for a node type. */
const short = (type: string) => type.replace(/^sccc-/, "");

const nameProperty: Property = {
  kind: "text",
  name: "name",
  key: "setting.account.name",
  icon: iconFor("name", "text"),
  required: false,
  default: "",
};

const accountProperty: Property = {
  kind: "node",
  name: "account",
  key: "form.account",
  icon: iconFor("account", "node"),
  required: true,
  type: "sccc-account",
};

const inputProperty: Property = {
  kind: "choice",
  name: "input",
  key: "form.input",
  icon: "sign-in",
  required: false,
  section: "more",
  default: "one",
  choices: ["one", "list"],
};

/** Read from nowhere unless the user says so: a payload may well carry a seq of its own. */
const seqProperty = (command: Command): Property => ({
  kind: "typed",
  name: "seq",
  key: "form.seq",
  icon: iconFor("seq", "text"),
  required: false,
  section: "more",
  default: "",
  defaultType: "str",
  types: ["msg", "flow", "global", "str", "env", "jsonata"],
  example: seqOf(command.seq).example,
  field: seqOf(command.seq),
});

/** What comes out of a command that waits for what it has caused. */
const waitingOutputs: OtherOutputs = {
  property: "waitFor",
  unless: "accepted",
  outputs: ["port.reached", "port.notReached"],
};

/** Node-RED reads the number of ports from a property of this name. */
const portsProperty: Property = {
  kind: "ports",
  name: "outputs",
  key: "port.answer",
  icon: "",
  required: false,
  default: 1,
};

const looks = (group: Group) => ({ group, color: groups[group].color, icon: groups[group].icon });

/** The fields in a text that says what a node will do. */
const fieldsIn = ({ en }: Text): readonly string[] => [...en.matchAll(/__(\w+?)__/g)].map(([, name = ""]) => name);

function commandNode(command: Command): NodeType {
  const key = `command.${short(command.node)}`;
  return {
    type: command.node,
    key,
    config: false,
    ...looks(command.group),
    inputs: ["port.fields"],
    outputs: ["port.answer"],
    ...(command.settings === undefined ? {} : { otherOutputs: waitingOutputs }),
    properties: [
      nameProperty,
      accountProperty,
      ...command.fields.map((field) =>
        fieldProperty(`${key}.fields.${field.property ?? field.name}`, field, command.fields),
      ),
      ...(command.settings === undefined ? [] : [...settings(`${key}.settings`, command.settings), portsProperty]),
      ...(command.batch ? [inputProperty] : []),
      seqProperty(command),
    ],
    ...(command.does === undefined ? {} : { does: fieldsIn(command.does) }),
    command,
  };
}

const account: NodeType = {
  type: "sccc-account",
  key: "node.account",
  config: true,
  ...looks("tools"),
  inputs: [],
  outputs: [],
  properties: settings("setting.account", [...accountSettings, ...receivingSettings]),
  does: ["customer"],
  tools: [{ kind: "connection" }, { kind: "address", section: "receiving" }],
};

/** The runtime knows nothing about these two but that they must be there. */
const anyCommandProperties: readonly Property[] = [
  {
    kind: "typed",
    name: "api",
    key: "node.command.fields.api",
    icon: "terminal",
    required: true,
    default: "",
    defaultType: "str",
    types: ["str", "msg", "flow", "global", "env", "jsonata"],
    example: "AgentLogin",
  },
  {
    kind: "typed",
    name: "request",
    key: "node.command.fields.request",
    icon: "code",
    required: true,
    default: "payload",
    defaultType: "msg",
    types: ["msg", "flow", "global", "json", "env", "jsonata"],
    example: '{"agent":"1000"}',
  },
];

/** The recording's name: of a record or a CDR; the runtime looks for a billing event's too where nothing else is said. */
const getRecording: NodeType = {
  type: recording.node,
  key: "download.get-recording",
  config: false,
  ...looks(recording.group),
  inputs: ["port.fields"],
  outputs: ["port.recording"],
  properties: [
    nameProperty,
    accountProperty,
    ...recording.fields.map((field) =>
      fieldProperty(`download.get-recording.fields.${field.name}`, field, recording.fields),
    ),
    ...settings("setting.get-recording", recordingSettings),
  ],
};

const anyCommand: NodeType = {
  type: "sccc-command",
  key: "node.command",
  config: false,
  ...looks("tools"),
  inputs: ["port.fields"],
  outputs: ["port.answer"],
  properties: [nameProperty, accountProperty, ...anyCommandProperties, inputProperty],
  does: ["api"],
};

const notify: NodeType = {
  type: "sccc-notify",
  key: "node.notify",
  config: false,
  ...looks("event"),
  inputs: [],
  outputs: ["port.every"],
  properties: [
    nameProperty,
    accountProperty,
    {
      kind: "events",
      name: "events",
      key: "node.notify.fields.events",
      icon: "bell-o",
      required: false,
      default: [],
      events: pushes,
    },
    {
      kind: "choice",
      name: "layout",
      key: "node.notify.fields.layout",
      icon: "sign-out",
      required: false,
      default: "one",
      choices: ["one", "perType"],
    },
    portsProperty,
  ],
  tools: [{ kind: "sample" }],
};

const confirm: NodeType = {
  type: "sccc-confirm",
  key: "node.confirm",
  config: false,
  ...looks("event"),
  inputs: ["port.handled"],
  outputs: ["port.unchanged"],
  properties: [
    nameProperty,
    {
      kind: "choice",
      name: "outcome",
      key: "node.confirm.fields.outcome",
      icon: "check",
      required: false,
      default: "auto",
      choices: ["auto", "taken", "refused"],
    },
    {
      kind: "typed",
      name: "token",
      key: "node.confirm.fields.token",
      icon: "ticket",
      required: true,
      default: "sccc.token",
      defaultType: "msg",
      types: ["msg", "flow", "global", "jsonata"],
      example: "sccc.token",
    },
  ],
};

const feed: NodeType = {
  type: "sccc-feed",
  key: "node.feed",
  config: false,
  ...looks("record"),
  inputs: ["port.trigger"],
  outputs: ["port.items", "port.ran"],
  properties: [nameProperty, accountProperty, ...settings("setting.feed", feedSettings)],
  does: ["feed"],
};

const tracker: NodeType = {
  type: "sccc-call-tracker",
  key: "node.call-tracker",
  config: false,
  ...looks("call"),
  inputs: ["port.events"],
  outputs: ["port.change", "port.finished"],
  properties: [nameProperty, accountProperty, ...settings("setting.call-tracker", trackerSettings)],
};

const calls: NodeType = {
  type: "sccc-calls",
  key: "node.calls",
  config: false,
  ...looks("call"),
  inputs: [],
  outputs: ["port.every"],
  properties: [
    nameProperty,
    accountProperty,
    {
      kind: "events",
      name: "events",
      key: "node.calls.fields.events",
      icon: "bell-o",
      required: false,
      default: defaultCallEvents,
      events: callEvents,
      standard: defaultCallEvents,
    },
    {
      kind: "choice",
      name: "layout",
      key: "node.calls.fields.layout",
      icon: "sign-out",
      required: false,
      default: "one",
      choices: ["one", "perEvent"],
    },
    portsProperty,
    ...settings("setting.calls", callsSettings),
  ],
};

const simulator: NodeType = {
  type: "sccc-simulator",
  key: "node.simulator",
  config: false,
  ...looks("tools"),
  inputs: ["port.instruction"],
  outputs: ["port.done"],
  properties: settings("setting.simulator", simulatorSettings),
  press: "callIn",
};

/** Every node type, in the order of the palette. */
export const nodeTypes: readonly NodeType[] = [
  account,
  ...commands.map(commandNode),
  getRecording,
  anyCommand,
  feed,
  notify,
  confirm,
  calls,
  tracker,
  simulator,
];

const eventsProperty = ({ properties }: NodeType) => properties.find((property) => property.kind === "events");

/** The events that a node type has messages for, if it has a choice of them. */
export const eventsOf = (node: NodeType): readonly Push[] | undefined => eventsProperty(node)?.events;

/** What the editor's script has to know of a property; nothing of most. */
export function described(property: Property): Described | undefined {
  const { key, onlyIf } = property;
  const common = { key, ...(onlyIf === undefined ? {} : { onlyIf }) };
  switch (property.kind) {
    case "typed": {
      const { types, required, example, field } = property;
      return { ...common, kind: "typed", types, required, example, ...(field === undefined ? {} : { field }) };
    }
    case "number": {
      const { min, max, integer } = property;
      return { ...common, kind: "number", min, max, integer };
    }
    case "text": {
      const { required, format } = property;
      if (!required && format === undefined) break;
      return { ...common, kind: "text", required, ...(format === undefined ? {} : { format }) };
    }
  }
  return onlyIf === undefined ? undefined : { ...common, kind: "plain" };
}

/** What the editor's script has to know of a node type. */
function description(node: NodeType): Description {
  const { events, standard } = eventsProperty(node) ?? {};
  return {
    key: node.key,
    inputs: node.inputs,
    outputs: node.outputs,
    ...(node.otherOutputs === undefined ? {} : { otherOutputs: node.otherOutputs }),
    ...(node.does === undefined ? {} : { does: node.does }),
    ...(events === undefined ? {} : { events: events.map(({ event }) => event) }),
    ...(standard === undefined ? {} : { standardEvents: standard }),
    properties: Object.fromEntries(
      node.properties.flatMap((property) => {
        const found = described(property);
        return found === undefined ? [] : [[property.name, found]];
      }),
    ),
  };
}

/** What the editor's script has to know of all node types. */
export const descriptions: Descriptions = Object.fromEntries(nodeTypes.map((node) => [node.type, description(node)]));
