// sccc-get-recording: downloads the recording of a call.
import { recording, recordingSettings } from "../../nodes/catalogue";
import { accountProperty, looks, nameProperty } from "./common";
import { fieldProperty } from "./field";
import type { NodeType } from "./node-type";
import { settings } from "./setting";

/** By default it reads the filename of a record or CDR. The runtime also looks for that of a bill. */
export const getRecording: NodeType = {
  type: recording.node,
  key: "download.get-recording",
  config: false,
  ...looks(recording.group),
  inputs: ["port.fields"],
  outputs: ["port.recording"],
  properties: [
    nameProperty,
    accountProperty,
    ...recording.fields.map((field) =>
      fieldProperty(`download.get-recording.fields.${field.name}`, field, recording.fields),
    ),
    ...settings("setting.get-recording", recordingSettings),
  ],
};
