// The help of sccc-campaign.
import { list } from "./html";
import type { NodeHelp } from "./node-help";

export const campaignHelp: NodeHelp = (page, { properties }) => [
  page.heading("inputs"),
  list([
    { name: "payload", type: page.type("any"), text: page.own("campaign.inputs.payload") },
    { name: "campaign", type: page.type("string"), optional: true, text: page.own("campaign.inputs.campaign") },
    { name: "payload.do", type: page.type("string"), optional: true, text: page.own("campaign.inputs.do") },
  ]),
  page.heading("outputs"),
  list([
    {
      name: page.text("port.result"),
      text: page.own("campaign.outputs.result"),
      more: page.about("campaign.result"),
    },
    {
      name: page.text("port.progress"),
      text: page.own("campaign.outputs.progress"),
      more: page.about("campaign.progress"),
    },
    { name: page.text("port.campaignFinished"), text: page.own("campaign.outputs.finished") },
    { name: "sccc.campaign", type: page.type("object"), text: page.own("campaign.outputs.campaign") },
    { name: "sccc.token", type: page.type("string"), text: page.own("campaign.outputs.token") },
  ]),
  page.heading("properties"),
  page.properties(properties),
  page.heading("details"),
  page.about("campaign.outcomes"),
  page.details("campaign.details"),
  page.heading("errors"),
  page.about("campaign.errors"),
];
