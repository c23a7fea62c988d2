interface ActionProperties {
  /** A trigger of the database (see the migrations), or code: recordAction or recordSignIn. */
  writtenBy: 'trigger' | 'recordAction' | 'recordSignIn';
  /**
   * Which deliveries follow from the action: those that are written while the values of the entry are in force, or those
   * of the run that was started. Omitted: those that it released, if any.
   */
  deliveries?: 'while in force' | 'of its run';
}

/**
 * Everything that the audit log records, by the name that the API shows. The database keeps these names for ever, so they
 * are not renamed.
 */
const actions = {
  'integration.connected': { writtenBy: 'trigger', deliveries: 'while in force' },
  'integration.credentials_changed': { writtenBy: 'trigger', deliveries: 'while in force' },
  'integration.options_changed': { writtenBy: 'trigger', deliveries: 'while in force' },
  'integration.paused': { writtenBy: 'trigger' },
  'integration.resumed': { writtenBy: 'trigger' },
  'integration.disconnected': { writtenBy: 'trigger' },
  'mapping.changed': { writtenBy: 'trigger', deliveries: 'while in force' },
  'partner.changed': { writtenBy: 'trigger', deliveries: 'while in force' },
  'token.created': { writtenBy: 'trigger' },
  'token.revoked': { writtenBy: 'trigger' },
  'run.started': { writtenBy: 'trigger', deliveries: 'of its run' },
  'deliveries.retried': { writtenBy: 'recordAction' },
  'test_ticket.sent': { writtenBy: 'recordAction' },
  signed_in: { writtenBy: 'recordSignIn' },
  'sign_in.refused': { writtenBy: 'recordSignIn' },
} as const satisfies Record<string, ActionProperties>;

type Actions = typeof actions;
export type AuditAction = keyof Actions;

export const auditActions: Readonly<Record<AuditAction, ActionProperties>> = actions;

/** The actions that this writer records. */
export type ActionWrittenBy<Writer extends ActionProperties['writtenBy']> = {
  [Action in AuditAction]: Actions[Action]['writtenBy'] extends Writer ? Action : never;
}[AuditAction];
