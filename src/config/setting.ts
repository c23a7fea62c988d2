import { z } from 'zod';
import type { SecretsIn } from '../text/secrets-in-text.js';

/** One environment variable that the service reads. The only place where its name, form, default and meaning stand. */
export interface Setting<Value = unknown> {
  /** The variable. */
  readonly name: string;
  /** One or two sentences of Markdown for the README's table. */
  readonly description: string;
  /** The default as the README shows it; empty where there is none. */
  readonly shownDefault: string;
  /** Undefined: the value is not secret. */
  readonly secret: SecretsIn | undefined;
  /** Reads the variable's text; an empty text counts as unset. */
  read(text: string | undefined): { value: Value } | { problems: string[] };
}

interface Declaration {
  name: string;
  description: string;
  /** Turns the variable's text into the value that the service uses, in the unit that the value's name says. */
  parser: z.ZodType;
  /** Parsed like a value that was set. Without it an unset variable has the value undefined. */
  default?: string;
  /** Where the default depends on something, or is too long for the README's table. */
  shownDefault?: string;
  /** Set for a variable that holds secrets. They are redacted in logs and errors, also while the value is invalid. */
  secret?: SecretsIn;
}

type ValueOf<Declared extends Declaration> = Declared extends { default: string }
  ? z.infer<Declared['parser']>
  : z.infer<Declared['parser']> | undefined;

/** Declares a setting. A list without entries counts as unset. */
export function setting<Declared extends Declaration>(declared: Declared): Setting<ValueOf<Declared>> {
  const { name, description, parser, secret } = declared;
  const shownDefault = declared.shownDefault ?? (declared.default ? `\`${declared.default}\`` : '');
  const whenUnset = (
    declared.default === undefined ? undefined : parser.parse(declared.default)
  ) as ValueOf<Declared>;
  return {
    name,
    description,
    shownDefault,
    secret,
    read(text) {
      if (text === undefined || text === '') return { value: whenUnset };
      const parsed = parser.safeParse(text);
      if (!parsed.success) return { problems: problemsOf(name, parsed.error) };
      const isEmptyList = Array.isArray(parsed.data) && parsed.data.length === 0;
      return { value: isEmptyList ? whenUnset : (parsed.data as ValueOf<Declared>) };
    },
  };
}

/** A line for the variable, or for each invalid entry of a list: "PORT: must be …", "TRUST_PROXY, entry 2: must be …". */
function problemsOf(name: string, { issues }: z.ZodError): string[] {
  const lines = new Map<string, string>();
  for (const { path, message } of issues) {
    const [index] = path;
    const where = typeof index === 'number' ? `${name}, entry ${index + 1}` : name;
    if (!lines.has(where)) lines.set(where, `${where}: ${message}`);
  }
  return [...lines.values()];
}

export interface SettingTree {
  readonly [key: string]: Setting | SettingTree;
}

/** The values of a tree of settings, under the same keys. */
export type ValuesOf<Tree> =
  Tree extends Setting<infer Value> ? Value : { readonly [Key in keyof Tree]: ValuesOf<Tree[Key]> };

export function settingsIn(tree: SettingTree): Setting[] {
  return Object.values(tree).flatMap(branch => (isSetting(branch) ? [branch] : settingsIn(branch)));
}

/** Reads every setting of the tree and adds a line to `problems` for each invalid one. */
export function readTree<Tree extends SettingTree>(
  tree: Tree,
  environment: NodeJS.ProcessEnv,
  problems: string[],
): ValuesOf<Tree> {
  const entries = Object.entries(tree).map(([key, branch]) => {
    if (!isSetting(branch)) return [key, readTree(branch, environment, problems)];
    const read = branch.read(environment[branch.name]);
    if ('value' in read) return [key, read.value];
    problems.push(...read.problems);
    return [key, undefined];
  });
  return Object.fromEntries(entries);
}

function isSetting(branch: Setting | SettingTree): branch is Setting {
  return typeof branch.read === 'function';
}
