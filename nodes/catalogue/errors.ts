// The platform's error codes (section 二): 39 names, values and texts.
import type { ErrorCode } from "./types";

const code = (name: string, value: number, en: string, zh: string): ErrorCode => ({ name, value, text: { en, zh } });

/** An error that platforms return, among other cases, for commands of an agent who is not logged in. */
export const notLoggedIn = "E_G_INVALID_OPT";

/** Every code of the vendor's list, which does not contain 9. */
export const errorCodes: readonly ErrorCode[] = [
  code("E_FAIL", -1, "unknown error", "未知错误"),
  code("E_SUCC", 0, "success", "成功"),
  code("E_S_AUTH_FAIL", 1, "authentication failed", "认证失败"),
  code("E_S_SESS_TIMEOUT", 2, "the session timed out", "会话超时"),
  code("E_S_SESS_BREAKEN", 3, "the session is broken", "会话被破坏"),
  code("E_W_DB_OPT_FAIL", 4, "a database operation failed", "数据库操作失败"),
  code("E_C_INVALID_PARAM", 5, "bad parameter", "参数错误"),
  code("E_S_ACCESS_FORBIDDEN", 6, "access is restricted", "访问受限"),
  code("E_C_CONFIG_ERROR", 7, "configuration error", "配置错误"),
  code("E_C_INVALID_MSG", 8, "malformed request data", "请求数据格式错误"),
  code("E_C_UNSUPPORT_API_VERSION", 10, "the API version is not supported", "不支持的 API 版本"),
  code("E_C_UNSUPPORT_API_REQUEST", 11, "the API request is not supported", "不支持的 API 请求"),
  code("E_G_INVALID_PARAM", 0xf1000001, "bad parameter", "参数错误"),
  code("E_G_DB_OPT_FAIL", 0xf1000002, "a database operation failed", "数据库操作失败"),
  code("E_G_RES_IN_USE", 0xf1000003, "the resource is in use", "资源正在被使用"),
  code("E_G_RES_NAME_EXIST", 0xf1000004, "the resource name is taken", "资源名称被使用"),
  code("E_G_BILLING_RATE_CONFLICT", 0xf1000005, "the billing rates conflict", "计费费率冲突"),
  code("E_G_INTER_ERROR", 0xf1000006, "internal error of the platform", "平台内部错误"),
  code("E_G_QUERY_FAIL", 0xf1000007, "the query failed", "查询失败"),
  code("E_G_RES_NOT_EXIST", 0xf1000008, "no such resource", "资源不存在"),
  code("E_G_RES_ALLOC_FAIL", 0xf1000009, "the resource could not be had", "申请资源失败"),
  code("E_G_EXEC_FAIL", 0xf100000a, "the platform's modules can't reach each other", "模块之间通讯失败"),
  code("E_G_PASSWORD_ERROR", 0xf100000b, "wrong password", "密码错误"),
  code(
    "E_G_BALANCE_TOO_LARGE",
    0xf100000c,
    "the balance is above the system's range (100000000)",
    "余额超出系统范围（最大 100000000）",
  ),
  code(
    "E_G_MONEY_TOO_LARGE",
    0xf100000d,
    "the amount of one operation is too large (at most 100000)",
    "单次操作金额太大（最大 100000）",
  ),
  code(notLoggedIn, 0xf100000e, "illegal operation", "非法操作"),
  code("E_G_BALANCE_LACK", 0xf100000f, "the balance is too low", "余额不足"),
  code("E_G_READ_FILE_FAIL", 0xf1000010, "the file could not be read", "文件读取失败"),
  code("E_G_FILE_NOT_EXIST", 0xf1000011, "the file does not exist", "文件不存在"),
  code("E_G_UPLOAD_FAIL", 0xf1000012, "the upload failed", "上传失败"),
  code("E_G_STAFF_NO_EXIST", 0xf1000013, "no such staff number", "指定工号不存在"),
  code("E_G_CONFIG_ERROR", 0xf1000014, "configuration error", "配置错误"),
  code("E_G_NUMBER_EXIST", 0xf1000015, "the number exists already", "号码已经存在"),
  code("E_G_DATASYN_FAIL", 0xf1000016, "data synchronisation failed", "数据同步失败"),
  code("E_G_NUMBER_INVALID", 0xf1000017, "illegal number", "号码非法"),
  code("E_G_DID_NO_EXIST", 0xf1000018, "no such DID number", "DID 号码不存在"),
  code("E_G_FEE_ERROR", 0xf1000019, "rate error", "费率错误"),
  code("E_G_INVALID_MSG", 0xf1000020, "the data can't be parsed in the given format", "指定格式解析数据失败"),
  code("E_G_API_TO_FREQUENTLY", 0xf1000021, "API requests are too frequent", "API 请求太频繁"),
];
