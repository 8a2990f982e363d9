// Whether a user may use the sidebar's buttons. Only for display: each route has Node-RED's own check.
import { isObject } from "../../util/json";

/** Whether a scope has a permission, as Node-RED decides it: a scope is a permission, `*`, `read` or `*.read`, `write` or `*.write`, or a list. */
function allows(scope: unknown, permission: string): boolean {
  if (Array.isArray(scope)) return scope.some((one) => allows(one, permission));
  if (scope === "*" || scope === permission) return true;
  const kind = /^(?:.+\.)?(read|write)$/.exec(permission)?.[1];
  return kind !== undefined && (scope === kind || scope === `*.${kind}`);
}

/** Whether the user of a request that Node-RED has let in has a permission. Without users everybody has. */
export function mayUse(request: unknown, permission: string): boolean {
  if (!isObject(request) || request.user === undefined || request.user === null) return true;
  return isObject(request.authInfo) && allows(request.authInfo.scope, permission);
}
