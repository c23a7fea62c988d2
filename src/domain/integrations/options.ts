import type { Opt } from '@mikro-orm/core';

/** A record of the PSA, as it was called when a person chose it. */
export interface ChosenRecord {
  id: string;
  name: string;
}

/** What becomes of results that waited while the PSA could not be reached, when later ones of the same job wait too. */
export enum CatchUp {
  /** Each creates its ticket. */
  ALL = 'ALL',
  /** Only the last one of a job does. */
  LAST = 'LAST',
  /** The last one does, and says what happened before it. */
  LAST_WITH_COUNT = 'LAST_WITH_COUNT',
}

/**
 * One option of an integration: its column, how it is read from a caller, its two GraphQL fields and its line in the
 * audit log all follow from this.
 */
export type Option = {
  /** What it means. The description of both GraphQL fields. */
  description: string;
  /** What to know when setting it, where that is something else. */
  inputDescription?: string;
  /** An option without which this one must not be set. See option-requirements.ts. */
  requires?: 'serviceBoard';
} & (
  | { kind: 'switch'; default: boolean }
  /** A time of day such as "07:00", in the partner's time zone. */
  | { kind: 'time'; default: string }
  | { kind: 'choice'; values: Record<string, string>; default: string; type: ChoiceType }
  /** Null: not set. A text is trimmed; the format is TEXT unless it says otherwise. */
  | { kind: 'text'; format?: 'EMAIL' }
  /** Null: not chosen. A caller gives the record's id, in a field whose name ends in `Id`. */
  | { kind: 'record'; of: 'queue' }
  | { kind: 'record'; of: 'ticketPriorities'; in: 'alertPriorities'; as: string }
);

/** The GraphQL enum of a choice. */
interface ChoiceType {
  name: string;
  description: string;
  values: Record<string, string>;
}

/**
 * Every option that a partner has for an integration. To add one: declare it here and write the migration for its
 * column. Board, type and subtype belong together (see integrations/choose-queue.ts), so do the priorities.
 */
export const options = {
  serviceBoard: {
    kind: 'record',
    of: 'queue',
    description: 'Where tickets are created.',
    inputDescription:
      'One of `serviceBoards`. Another board clears type and subtype unless they are given too.',
  },
  serviceType: {
    kind: 'record',
    of: 'queue',
    description: 'The type that tickets get, if any.',
    inputDescription: 'One of the board’s types. Another type clears the subtype unless it is given too.',
  },
  serviceSubtype: {
    kind: 'record',
    of: 'queue',
    description: 'The subtype that tickets get, if any.',
    inputDescription: 'One of the type’s subtypes.',
  },
  billingEnabled: {
    kind: 'switch',
    default: false,
    description: 'Whether usage statements are closed on invoice dates.',
    inputDescription: 'Switching it on checks the rights that billing needs.',
  },
  updateAgreementAdditions: {
    kind: 'switch',
    default: false,
    description:
      'Whether the quantities of additions on agreements are changed. Has no effect while `billingEnabled` is false.',
  },
  createMissingAdditions: {
    kind: 'switch',
    default: false,
    description: 'Whether an addition that is missing on the agreement is created.',
  },
  prioritySuccess: {
    kind: 'record',
    of: 'ticketPriorities',
    in: 'alertPriorities',
    as: 'success',
    requires: 'serviceBoard',
    description: 'For a job that succeeded, and a digest without problems.',
    inputDescription: 'One of `ticketPriorities`.',
  },
  priorityWarning: {
    kind: 'record',
    of: 'ticketPriorities',
    in: 'alertPriorities',
    as: 'warning',
    requires: 'serviceBoard',
    description: 'For a job that ended with warnings, and a digest with warnings at worst.',
    inputDescription: 'One of `ticketPriorities`.',
  },
  priorityError: {
    kind: 'record',
    of: 'ticketPriorities',
    in: 'alertPriorities',
    as: 'error',
    requires: 'serviceBoard',
    description: 'For a job that failed, and a digest with failures.',
    inputDescription: 'One of `ticketPriorities`.',
  },
  dailyDigestEnabled: {
    kind: 'switch',
    default: false,
    requires: 'serviceBoard',
    description: 'Whether each mapped organization gets a ticket a day that sums it up.',
    inputDescription: 'Switching it on needs a service board.',
  },
  dailyDigestTime: {
    kind: 'time',
    default: '07:00',
    description: 'When the digest of the day before is written, in the partner’s time zone.',
  },
  catchUp: {
    kind: 'choice',
    values: CatchUp,
    default: CatchUp.ALL,
    description: 'What becomes of job results that waited over an hour for a PSA that could not be reached.',
    type: {
      name: 'CatchUp',
      description:
        'What becomes of job results that waited over an hour while the PSA could not be reached, where a later result of the same job and device waits too.',
      values: {
        ALL: 'Each creates its ticket, in order.',
        LAST: 'Only the last result of a job does; the others are SKIPPED with `SUPERSEDED`.',
        LAST_WITH_COUNT:
          'As LAST, and the ticket says how the job ended before. No ticket is created where the last result is of a kind without a priority.',
      },
    },
  },
  notificationEmail: {
    kind: 'text',
    format: 'EMAIL',
    description:
      'The partner’s own e-mail address, notified when the integration breaks and when it recovers. Null: the partner gets no e-mail.',
  },
} as const satisfies Record<string, Option>;

type Options = typeof options;
export type OptionKey = keyof Options;

/** Each option with its key, in the order of declaration. */
export const everyOption = Object.entries(options) as [OptionKey, Option][];

type Value<Declared> = Declared extends { kind: 'switch' }
  ? boolean
  : Declared extends { kind: 'choice'; values: infer Values }
    ? Values[keyof Values]
    : Declared extends { kind: 'record' }
      ? ChosenRecord
      : string;

type KeyOf<Shape> = { [Key in OptionKey]: Options[Key] extends Shape ? Key : never }[OptionKey];
type ClearableKey = KeyOf<{ kind: 'text' | 'record' }>;

/** The options as an integration has them. */
export type OptionValues = {
  [Key in Exclude<OptionKey, ClearableKey>]: Value<Options[Key]> & Opt;
} & { [Key in ClearableKey]?: Value<Options[Key]> | null };

export type QueueKey = KeyOf<{ of: 'queue' }>;
export type PriorityKey = KeyOf<{ of: 'ticketPriorities' }>;

/** Ids of the PSA: board, type and subtype. */
export type QueueInput = { [Key in QueueKey as `${Key}Id`]?: string | null };
/** Ids of the PSA's ticket priorities. */
export type AlertPrioritiesInput = {
  [Key in PriorityKey as `${Options[Key]['as']}Id`]?: string | null;
};

/** The options as a caller gives them: one that is left out stays as it is, null clears a choice. */
export type OptionsInput = {
  [Key in Exclude<OptionKey, KeyOf<{ kind: 'record' }>>]?: Value<Options[Key]> | null;
} & QueueInput & { alertPriorities?: AlertPrioritiesInput | null };
