// The catalogue's data: complete, consistent, in both languages, and in agreement with the vendor's document.
import assert from "node:assert/strict";
import { existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { commandsFolder, commandsIndex } from "../../build/commands-index";
import {
  accountSettings,
  type Choice,
  callNumberSettings,
  commandOf,
  commands,
  defaultApiVersion,
  enumerations,
  errorCodes,
  errorOfName,
  errorOfValue,
  type Field,
  feedSettings,
  groups,
  propertyOf,
  pushes,
  receivingSettings,
  recording,
  recordingSettings,
  type Setting,
  seqOf,
  simulatorSettings,
  type Text,
  trackerSettings,
  versions,
} from "../../nodes/catalogue";
import { checkFields } from "../../nodes/protocol/check";
import { temporaryFolder } from "../../tools/node-red";

/** The sections of the commands in the vendor's table of contents, with their ApiNames. 七 and 7 are different sections. */
const vendor: Readonly<Record<string, string>> = {
  VoiceVerify: "四",
  AgentQueryStatus: "五",
  getAgentStatus: "六",
  getAgentInfo: "七",
  AgentLogin: "7",
  AgentLogout: "8",
  AgentSetBusy: "9",
  AgentSetIdle: "10",
  CallNumber: "11",
  HangupCall: "12",
  CallTaskCreate: "13",
  CallTaskQuery: "14",
  CallTaskControl: "15",
  CallTaskAddNumbers: "16",
  getRecordsList: "20",
  getCdrList: "24",
};

/** The same for the pushes; clientmark is not in the vendor's document. */
const vendorPushes: Readonly<Record<string, string>> = {
  callin: "21",
  callout: "22",
  screenpop: "19",
  callstart: "17",
  callend: "18",
  billing: "23",
  taskinfo: "25",
  agentstatus: "五",
  clientmark: "–",
};

const fields: readonly [string, Field][] = [...commands, recording].flatMap(({ node, fields }) =>
  fields.map((field): [string, Field] => [`${node}.${field.name}`, field]),
);

const isText = (value: object): value is Text => "en" in value && "zh" in value;

/** Every text of a tree of data, with its path. */
function texts(data: unknown, path: string): [string, Text][] {
  if (typeof data !== "object" || data === null) return [];
  if (isText(data)) return [[path, data]];
  return Object.entries(data).flatMap(([key, value]) => texts(value, `${path}.${key}`));
}

const all = texts(
  {
    commands,
    recording,
    pushes,
    errorCodes,
    groups,
    enumerations,
    accountSettings,
    receivingSettings,
    simulatorSettings,
    seq: seqOf("number"),
  },
  "",
);

/** Names that are not translated into Chinese: abbreviations, and lists of fields. */
const isName = (text: string) => text === "TLS" || /^\{.*\}$/.test(text);

const unique = (values: readonly unknown[]) => assert.equal(new Set(values).size, values.length, String(values));

describe("the catalogue", () => {
  it("has one file for each command, named as the node", () => {
    const files = readdirSync(commandsFolder).filter((name) => name !== "index.ts");
    assert.deepEqual(files.sort(), commands.map(({ node }) => `${node.replace(/^sccc-/, "")}.ts`).sort());
  });

  it("has nodes named as their command, in lower case with dashes: the sidebar finds their label so", () => {
    for (const { api, node } of commands) {
      assert.equal(node, `sccc-${api.replace(/(?<=[a-z])(?=[A-Z])/g, "-").toLowerCase()}`);
    }
  });

  it("has an up-to-date index of the commands", () => {
    assert.equal(readFileSync(join(commandsFolder, "index.ts"), "utf8"), commandsIndex());
  });

  it("has no index if a file exports another name than its own", () => {
    const folder = temporaryFolder();
    writeFileSync(join(folder, "queue-status.ts"), "export const queueState = {};\n");
    assert.throws(() => commandsIndex(folder), /queue-status\.ts must export queueStatus/);
  });

  it("has the vendor's commands, each in its section", () => {
    assert.deepEqual(Object.fromEntries(commands.map(({ api, section }) => [api, section])), vendor);
    assert.equal(recording.section, "20.7");
  });

  it("has the vendor's pushes, each in its section", () => {
    assert.deepEqual(Object.fromEntries(pushes.map(({ event, section }) => [event, section])), vendorPushes);
    unique(pushes.flatMap(({ type }) => type?.toLowerCase() ?? []));
  });

  it("has unique commands, nodes and positions", () => {
    unique(commands.map(({ api }) => api.toLowerCase()));
    unique([...commands, recording].map(({ node }) => node));
    unique(commands.map(({ order }) => order));
    for (const command of commands) {
      assert.match(command.node, /^sccc-[a-z]+(-[a-z]+)*$/);
      assert.equal(command.node.replace(/-/g, "").replace("sccc", ""), command.api.toLowerCase());
      assert.equal(commandOf(command.api.toUpperCase()), command);
    }
  });

  it("knows the versions of every command", () => {
    for (const command of commands) {
      assert.ok(command.versions.length > 0);
      unique(command.versions);
      for (const version of command.versions) assert.ok(versions.includes(version), command.api);
      assert.ok(command.versions.includes(6), `${command.api} is in the newest version`);
    }
    assert.equal(defaultApiVersion, `2.0.${versions.at(-1)}`);
  });

  it("has a colour and an icon that exists for every group", () => {
    for (const { group } of [...commands, recording]) assert.ok(groups[group]);
    for (const { color, icon } of Object.values(groups)) {
      assert.match(color, /^#[0-9A-F]{6}$/);
      assert.ok(existsSync(join(__dirname, "../../icons", icon)), icon);
    }
  });
});

describe("the catalogue's fields", () => {
  for (const [path, field] of fields) {
    it(`${path}: has consistent limits, and an example that passes its rule`, () => {
      const { rule } = field;
      if (rule.kind === "digits") assert.ok(rule.min >= 1 && rule.max >= rule.min && rule.max <= 32);
      if (rule.kind === "phone") assert.equal(rule.max, 32);
      if (rule.kind === "integer") assert.ok(rule.max === undefined || rule.max >= rule.min);
      if (rule.kind === "decimal") assert.ok(rule.below > rule.min);
      if (rule.kind === "text") assert.ok(rule.max === undefined || rule.max > 0);
      if (rule.kind === "list") assert.ok(rule.max === undefined || rule.max > 0);
      if (rule.kind === "choice") {
        unique(rule.choices.map(({ value }) => value));
        if (rule.wire === "number") for (const { value } of rule.choices) assert.match(value, /^\d+$/);
      }
      const value: unknown = rule.kind === "list" ? JSON.parse(field.example) : field.example;
      const { onlyIf: _, needs, ...plain } = field;
      const checked = checkFields([plain], { [field.name]: value, ...(needs && { [needs]: "x" }) }, "Asia/Shanghai");
      assert.ok(checked.ok, JSON.stringify(checked));
    });
  }

  it("have unique names in each node, and refer to existing fields", () => {
    for (const { fields, node } of [...commands, recording]) {
      const names = fields.map(({ name }) => name);
      unique(names);
      unique(fields.map(propertyOf));
      for (const { onlyIf, needs } of fields) {
        for (const other of [onlyIf?.field, needs]) assert.ok(other === undefined || names.includes(other), node);
      }
      // Names that every node or Node-RED itself uses.
      for (const taken of ["name", "account", "input", "seq", "id", "type", "z", "x", "y", "wires", "d", "g"]) {
        assert.ok(!names.includes(taken), `${node}.${taken}`);
      }
    }
  });

  it("include the subject of every command that has one", () => {
    for (const { subject, fields, resend, node } of commands) {
      if (subject !== undefined)
        assert.ok(
          fields.some(({ name }) => name === subject),
          node,
        );
      if (resend === "state") assert.ok(subject, `${node}: newer for what?`);
    }
  });

  it("are dialled only by commands that are never sent again", () => {
    for (const { fields, resend, node } of commands) {
      if (fields.some(({ dials }) => dials)) assert.equal(resend, "once", node);
    }
  });
});

describe("the catalogue's error codes", () => {
  it("are the 39 of the vendor's document", () => {
    assert.equal(errorCodes.length, 39);
    unique(errorCodes.map(({ name }) => name));
    unique(errorCodes.map(({ value }) => value));
  });

  it("are -1 to 11 without 9, or 0xF1000001 to 0xF1000021", () => {
    for (const { name, value } of errorCodes) {
      assert.match(name, /^E_[A-Z]+(_[A-Z]+)*$/);
      const small = value >= -1 && value <= 11 && value !== 9;
      assert.ok(small || (value >= 0xf1000001 && value <= 0xf1000021), name);
      assert.equal(errorOfName(name)?.value, value);
      assert.equal(errorOfValue(value)?.name, name);
    }
  });
});

describe("the catalogue's enumerations and settings", () => {
  it("have unique values", () => {
    for (const choices of Object.values(enumerations)) unique(choices.map(({ value }: Choice) => value));
  });

  const nodes = {
    account: [...accountSettings, ...receivingSettings],
    simulator: simulatorSettings,
    "call-tracker": trackerSettings,
    feed: feedSettings,
    "get-recording": recordingSettings,
    "call-number": callNumberSettings,
  };
  for (const [node, settings] of Object.entries(nodes)) {
    it(`${node}: names are unique, and defaults are within their bounds`, () => {
      unique(settings.map(({ name }) => name));
      for (const setting of settings as readonly Setting[]) {
        if (setting.kind === "number" && setting.default !== null) {
          assert.ok(setting.default >= setting.min && setting.default <= setting.max, setting.name);
          if (setting.integer) assert.ok(Number.isInteger(setting.default), setting.name);
        }
        if (setting.kind === "choice") {
          assert.ok(
            setting.choices.some(({ value }) => value === setting.default),
            setting.name,
          );
        }
      }
    });
  }
});

describe("the catalogue's texts", () => {
  it("exist in both languages, each in its own script", () => {
    assert.ok(all.length > 250, "the test finds the texts");
    for (const [path, { en, zh }] of all) {
      assert.ok(en.trim() === en && en !== "" && zh.trim() === zh && zh !== "", path);
      assert.doesNotMatch(en, /\p{Script=Han}|[，。：；、“”（）]/u, path);
      if (!isName(zh)) assert.match(zh, /\p{Script=Han}/u, path);
    }
  });

  it("contain no placeholder of the translation by accident", () => {
    for (const [path, { en, zh }] of all) {
      const pattern = path.endsWith(".does") ? /\$t\(|[<>]/ : /__|\$t\(|[<>]/;
      assert.doesNotMatch(en + zh, pattern, path);
    }
  });

  it("of a node's label use its own fields, the same ones in both languages", () => {
    const named = (text: string) => [...text.matchAll(/__(\w+?)__/g)].map(([, name]) => name).sort();
    for (const { does, fields } of commands) {
      if (does === undefined) continue;
      assert.ok(named(does.en).length > 0);
      assert.deepEqual(named(does.zh), named(does.en));
      const properties = fields.map(({ name, property = name }) => property);
      for (const name of named(does.en)) assert.ok(properties.includes(name!), name);
    }
  });

  it("end with a full stop if they are sentences", () => {
    for (const [path, { en, zh }] of all.filter(([path]) => /\.(hint|summary|notes\.\d+)$/.test(path))) {
      assert.match(en, /[.!?]$/, path);
      assert.match(zh, /[。！？]$/u, path);
    }
  });
});
