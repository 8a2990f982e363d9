// The dialect that the simulators of examples and of the demo speak in tests: SCCC_TEST_DIALECT, or what the flows say if it is not set.
import type { FlowNode } from "./launch";

export const testDialect: string | undefined = process.env.SCCC_TEST_DIALECT || undefined;

/** Flows with their simulators in the tests' dialect. */
export const inTestDialect = (flows: readonly FlowNode[]): readonly FlowNode[] =>
  testDialect === undefined
    ? flows
    : flows.map((node) => (node.type === "sccc-simulator" ? { ...node, dialect: testDialect } : node));
