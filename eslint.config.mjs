// Checks of the addons' JavaScript. Odoo's own modules are known by their imports,
// so only mistakes are looked for here; prettier does the formatting.
import {createRequire} from "node:module";

// The packages live in the shared cache, not beside this file.
const require = createRequire(`${process.env.DEV_NODE_MODULES}/`);
const globals = require("globals");
const jsdoc = require("eslint-plugin-jsdoc");

export default [
  {
    files: ["**/*.js"],
    ignores: ["**/static/lib/**", "**/node_modules/**"],
    languageOptions: {
      ecmaVersion: 2024,
      sourceType: "module",
      globals: {...globals.browser, luxon: "readonly", owl: "readonly"},
    },
    plugins: {jsdoc},
    rules: {
      curly: ["error", "all"],
      eqeqeq: ["error", "smart"],
      "jsdoc/check-param-names": "warn",
      "jsdoc/check-tag-names": ["warn", {definedTags: ["odoo-module"]}],
      "no-const-assign": "error",
      "no-dupe-keys": "error",
      "no-duplicate-imports": "error",
      "no-eval": "error",
      "no-redeclare": "error",
      "no-shadow": "warn",
      "no-undef": "error",
      "no-unreachable": "error",
      "no-unused-vars": ["error", {argsIgnorePattern: "^_"}],
      "no-var": "error",
      "prefer-const": "error",
    },
  },
];
