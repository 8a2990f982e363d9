// The type of a node type's help.
import type { NodeType } from "../nodes";
import type { HelpPage } from "./page";

/** The parts of a node type's help, without its summary: HTML. */
export type NodeHelp = (page: HelpPage, node: NodeType) => readonly string[];
