// The outputs of sccc-notify, and how wires move when the outputs change.
import assert from "node:assert/strict";
import fc from "fast-check";
import { descriptions } from "../../build/nodes";
import { commandNode } from "../../build/nodes/command";
import { commandOf } from "../../nodes/catalogue";
import { type Layout, layoutOf, moves, outputNames } from "../../nodes/editor/ports";

const known = descriptions["sccc-notify"]!.events!;

describe("the outputs of a node that receives events", () => {
  it("are one, or one for each event in the catalogue's order and one for all other events", () => {
    assert.deepEqual(outputNames("one", ["billing"], known), ["every"]);
    assert.deepEqual(outputNames("perType", ["billing", "callin"], known), ["callin", "billing", "other"]);
    assert.deepEqual(outputNames("perType", ["unheard-of"], known), ["other"]);
    assert.deepEqual(outputNames("perType", [], known), [...known, "other"]);
    assert.equal(known.length, 9);
  });

  it("are read from saved values, also if they are texts", () => {
    for (const saved of ["perType", 10, "10", 2]) assert.equal(layoutOf(undefined, saved), "perType");
    for (const saved of ["one", 1, "1", undefined, null, Number.NaN, {}])
      assert.equal(layoutOf(undefined, saved), "one");
  });

  it("keep their wires if they remain", () => {
    const at = (layout: Layout, ...chosen: string[]) => outputNames(layout, chosen, known);
    assert.deepEqual(moves(at("perType", "callin", "callend", "billing"), at("perType", "callend", "taskinfo")), {
      0: -1,
      1: 0,
      2: -1,
      3: 2,
      "new-taskinfo": 1,
    });
    assert.deepEqual(moves(at("one"), at("perType", "callend")), { 0: 0, "new-other": 1 });
    assert.deepEqual(moves(at("perType", "callend"), at("one")), { 0: 0, 1: -1 });
    assert.deepEqual(moves(at("one"), at("one", "callend")), { 0: 0 });
  });

  it("are mapped completely, and events keep their output", () => {
    const layouts = fc.constantFrom<Layout>("one", "perType");
    const names = fc
      .tuple(layouts, fc.subarray([...known]))
      .map(([layout, chosen]) => outputNames(layout, chosen, known));
    fc.assert(
      fc.property(names, names, (before, after) => {
        const map = moves(before, after);
        const places = Object.values(map).filter((place) => place >= 0);
        assert.deepEqual(
          places.sort((a, b) => a - b),
          [...after.keys()],
        );
        for (const [index, name] of before.entries()) {
          const place = map[index]!;
          if (after.includes(name)) assert.equal(after[place], name);
          else
            assert.ok(
              place === -1 || (index === 0 && place === 0 && before.includes("every") !== after.includes("every")),
            );
        }
      }),
    );
  });

  it("treated every command with settings as one that waits", () => {
    const { waits: _, ...patient } = commandOf("CallNumber")!;
    assert.ok(commandNode({ ...patient, waits: true }).otherOutputs);
    const node = commandNode(patient);
    assert.equal(node.otherOutputs, undefined);
    assert.ok(node.properties.every(({ kind }) => kind !== "ports"));
    assert.ok(node.properties.some(({ name }) => name === "waitFor"));
  });
});
