// The dialect of the simulators of examples and of the demo in tests: SCCC_TEST_DIALECT, by default that of the flows.
import type { FlowNode } from "./launch";

export const testDialect: string | undefined = process.env.SCCC_TEST_DIALECT || undefined;

/** Flows whose simulators have the tests' dialect. */
export const inTestDialect = (flows: readonly FlowNode[]): readonly FlowNode[] =>
  testDialect === undefined
    ? flows
    : flows.map((node) => (node.type === "sccc-simulator" ? { ...node, dialect: testDialect } : node));

/** What to add to the titles of tests. */
export const ofDialect = testDialect === undefined ? "" : `, with simulators that speak ${testDialect}`;
