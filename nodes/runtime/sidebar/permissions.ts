// Whether a user may use the sidebar's buttons. Only for display: each route has Node-RED's own check.
import { isObject } from "../../util/json";

/**
 * Whether a scope includes a permission, by Node-RED's rules. A scope is a permission, `*`, `read`, `*.read`, `write`,
 * `*.write`, or a list of these.
 */
function allows(scope: unknown, permission: string): boolean {
  if (Array.isArray(scope)) return scope.some((one) => allows(one, permission));
  if (scope === "*" || scope === permission) return true;
  const kind = /^(?:.+\.)?(read|write)$/.exec(permission)?.[1];
  return kind !== undefined && (scope === kind || scope === `*.${kind}`);
}

/** Whether the user of a request has a permission. Without configured users, everybody has. */
export function mayUse(request: unknown, permission: string): boolean {
  if (!isObject(request) || request.user === undefined || request.user === null) return true;
  return isObject(request.authInfo) && allows(request.authInfo.scope, permission);
}
