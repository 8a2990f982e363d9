// Node-RED's settings in the demo: the common settings of tools/, and the CRM for the flows. Requests of other sites'
// pages are refused. Node-RED itself accepts them, even for its editor's API, so that any page in the browser could
// press the buttons that place calls.
const { Crm } = require("./crm/crm.cjs");

const { SCCC_DEMO_CRM: file, SCCC_SIMULATOR_PORT, SCCC_TIMEZONE: timezone } = process.env;
// Sample customers belong to the simulated platform. With a real platform, the CRM is empty at first.
const crm = new Crm({ file, timezone, samples: SCCC_SIMULATOR_PORT !== "" });
process.on("exit", () => crm.close());

module.exports = {
  ...require("../tools/settings.cjs"),
  functionGlobalContext: { crm },
  httpAdminMiddleware({ headers: { origin, host } }, response, next) {
    if (origin === undefined || origin.replace(/^https?:\/\//, "") === host) next();
    else response.status(403).end();
  },
};
