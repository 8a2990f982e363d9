// dist/sccc.html: what the palette manager and catalogues read as text, and what the editor registers.
import assert from "node:assert/strict";
import { flat } from "../../build/locales";
import { nodeTypes } from "../../build/nodes";
import { accountSettings, commands, groups, simulatorSettings } from "../../nodes/catalogue";
import { type Built, built } from "./built";

const expected = ["sccc-account", ...commands.map(({ node }) => node), "sccc-command", "sccc-simulator"];

describe("sccc.html", () => {
  let page: Built;
  before(async () => {
    page = await built();
  });

  it("has one literal registration and one template for each type", () => {
    const literal = (pattern: RegExp) => [...page.html.matchAll(pattern)].map(([, type]) => type);
    assert.deepEqual(literal(/RED\.nodes\.registerType\("([^"]+)", \{/g), expected);
    assert.deepEqual(literal(/<script (?:[^>]*)data-template-name="([^"]+)"/g), expected);
    assert.deepEqual([...page.registered.keys()], expected);
  });

  it("has literal category, colour, icon, inputs and outputs", () => {
    for (const { type, group } of nodeTypes) {
      const config = type === "sccc-account";
      const [, text = ""] = new RegExp(`registerType\\("${type}", \\{([\\s\\S]*?)\\n\\}\\);`).exec(page.html) ?? [];
      assert.match(text, new RegExp(`category: "${config ? "config" : "SCCC"}"`));
      assert.match(text, new RegExp(`color: "${groups[group].color}"`));
      assert.match(text, new RegExp(`icon: "${groups[group].icon.replace(".", "\\.")}"`));
      assert.match(text, config ? /inputs: 0,\n {2}outputs: 0/ : /inputs: 1,\n {2}outputs: 1/);
    }
  });

  it("gives every command its properties and their defaults", () => {
    for (const { node, fields, batch } of commands) {
      const properties = Object.fromEntries(
        Object.entries(page.registered.get(node)!.defaults).map(([name, { value }]) => [name, value]),
      );
      assert.deepEqual(properties, {
        name: "",
        account: "",
        ...(batch ? { input: "one" } : {}),
        ...Object.fromEntries(
          fields.flatMap(({ name, property = name }) => [
            [property, `payload.${property}`],
            [`${property}Type`, "msg"],
          ]),
        ),
        seq: "",
        seqType: "str",
      });
      const { account } = page.registered.get(node)!.defaults;
      assert.equal(account!.type, "sccc-account");
      assert.equal(account!.required, true);
    }
  });

  it("gives sccc-command its properties and their defaults", () => {
    const defaults = Object.entries(page.registered.get("sccc-command")!.defaults);
    assert.deepEqual(Object.fromEntries(defaults.map(([name, { value }]) => [name, value])), {
      name: "",
      account: "",
      api: "",
      apiType: "str",
      request: "payload",
      requestType: "msg",
      input: "one",
    });
  });

  for (const [type, settings] of Object.entries({
    "sccc-account": accountSettings,
    "sccc-simulator": simulatorSettings,
  })) {
    it(`gives ${type} the settings of the catalogue, secrets as credentials`, () => {
      const { defaults, credentials = {} } = page.registered.get(type)!;
      const secrets = settings.filter(({ kind }) => kind === "secret");
      assert.deepEqual(
        Object.keys(credentials),
        secrets.map(({ name }) => name),
      );
      for (const secret of Object.values(credentials)) assert.equal(secret.type, "password");
      assert.deepEqual(
        Object.keys(defaults),
        settings.filter((setting) => !secrets.includes(setting)).map(({ name }) => name),
      );
      for (const setting of settings) {
        if ("default" in setting) assert.equal(defaults[setting.name]!.value, setting.default);
        if (setting.kind === "node") {
          assert.equal(defaults[setting.name]!.type, setting.type);
          assert.equal(defaults[setting.name]!.required, false);
        }
      }
    });
  }

  it("has a labelled input for every property", () => {
    for (const { type, properties, config } of nodeTypes) {
      const [, form = ""] = new RegExp(`data-template-name="${type}">([\\s\\S]*?)</script>`).exec(page.html) ?? [];
      for (const { name, kind } of properties) {
        const id = `node-${config ? "config-" : ""}input-${name}`;
        assert.equal(form.split(`id="${id}"`).length, 2, `${type}: one #${id}`);
        assert.equal(form.split(`for="${id}"`).length, 2, `${type}: one label of #${id}`);
        if (kind === "typed") assert.equal(form.split(`id="${id}Type"`).length, 2);
        if (kind === "secret") assert.match(form, new RegExp(`type="password" id="${id}"`));
      }
    }
  });

  it("uses only texts that are there, in every language", () => {
    const used = [...page.html.matchAll(/data-i18n="([^"]+)"/g)].map(([, key]) => key!);
    const labels = [...page.html.matchAll(/SCCC\.text\("([^"]+)"\)/g)].map(([, key]) => key!);
    assert.ok(used.length > 200 && labels.length > 15);
    for (const texts of Object.values(page.texts)) {
      const there = new Map(flat(texts));
      for (const key of [...used, ...labels]) assert.ok(there.get(key), key);
    }
  });

  it("labels nodes by their name, else by what they do", () => {
    const { label, paletteLabel, outputLabels } = page.registered.get("sccc-call-number")!;
    const type = "sccc-call-number";
    assert.equal(label.call({ type, name: "mine" }), "mine");
    assert.equal(label.call({ type, name: "" }), "@sccc/node-red-sccc/sccc:command.call-number.label");
    assert.equal(paletteLabel.call({ type }), "@sccc/node-red-sccc/sccc:command.call-number.label");
    assert.equal(outputLabels.call({ type }, 0), "@sccc/node-red-sccc/sccc:port.answer");
  });

  it("gives reasons that name the property", () => {
    const { validate } = page.registered.get("sccc-call-number")!.defaults.agent!;
    const node = { id: "1", type: "sccc-call-number", agent: "12345678", agentType: "str" };
    const reason = validate!.call({ ...node, agent: "x" }, "x", {});
    assert.match(
      String(reason),
      /"label":"[^"]*:command\.call-number\.fields\.agent\.label","problem":".*:errors\.rule\.digits /,
    );
    assert.equal(validate!.call(node, node.agent, {}), true);
  });

  it("lets every new node pass but for what only the user can know", () => {
    const missing = new Map([
      ["sccc-account", ["baseUrl", "customer"]],
      ["sccc-command", ["api"]],
    ]);
    for (const [type, { defaults }] of page.registered) {
      const node = {
        id: "1",
        type,
        ...Object.fromEntries(Object.entries(defaults).map(([name, { value }]) => [name, value])),
      };
      const wrong = Object.entries(defaults).filter(
        ([, { validate, value }]) => validate !== undefined && validate.call(node, value, {}) !== true,
      );
      assert.deepEqual(
        wrong.map(([name]) => name),
        missing.get(type) ?? [],
      );
      // Two parameters are what tells Node-RED that a reason may come back.
      for (const { validate } of Object.values(defaults)) assert.ok(validate === undefined || validate.length === 2);
    }
  });

  it("is the same each time", async () => {
    assert.equal((await built()).html, page.html);
  });
});
