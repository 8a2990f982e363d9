// Converts the catalogue's settings to properties.
import type { Setting } from "../../nodes/catalogue";
import type { Condition } from "../../nodes/editor/description";
import { iconFor } from "./icon";
import type { Property } from "./node-type";

const conditionOfSetting = ({ setting, is, isNot }: NonNullable<Setting["onlyIf"]>): Condition => ({
  property: setting,
  ...(is === undefined ? {} : { is }),
  ...(isNot === undefined ? {} : { isNot }),
});

function settingProperty(key: string, setting: Setting): Property {
  const common = {
    name: setting.name,
    key: `${key}.${setting.name}`,
    icon: iconFor(setting.name, setting.kind),
    required: "required" in setting,
    ...(setting.section === undefined ? {} : { section: setting.section }),
    ...(setting.onlyIf === undefined ? {} : { onlyIf: conditionOfSetting(setting.onlyIf) }),
  };
  switch (setting.kind) {
    case "text": {
      const { default: value, example, format, suggestions } = setting;
      return {
        ...common,
        kind: "text",
        default: value,
        ...(format === undefined ? {} : { format }),
        ...(example === undefined ? {} : { example }),
        ...(suggestions === undefined
          ? {}
          : {
              suggestions: suggestions.map(({ key: end, value: known }) => ({
                key: `${common.key}.suggestions.${end}`,
                value: known,
              })),
            }),
      };
    }
    case "number": {
      const { default: value, min, max, integer } = setting;
      return { ...common, kind: "number", default: value, min, max, integer, unit: setting.unit !== undefined };
    }
    case "boolean":
      return { ...common, kind: "boolean", default: setting.default };
    case "choice":
      return {
        ...common,
        kind: "choice",
        default: setting.default,
        choices: setting.choices.map(({ value }) => value),
      };
    case "secret":
      return { ...common, kind: "secret" };
    case "node":
      return { ...common, kind: "node", type: setting.type };
    case "typed": {
      const { default: value, defaultType, types, example } = setting;
      return { ...common, kind: "typed", default: value, defaultType, types, example };
    }
  }
}

/** The properties of some settings. `key` is the locale key of their texts. */
export const settings = (key: string, all: readonly Setting[]) => all.map((setting) => settingProperty(key, setting));
