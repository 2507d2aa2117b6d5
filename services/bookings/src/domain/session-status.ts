/** What becomes of an accepted booking; the sessions service decides, and tells. */
export const sessionStatuses = ['scheduled', 'in_progress', 'completed'] as const;
export type SessionStatus = (typeof sessionStatuses)[number];

const statusAfter: Readonly<Record<string, SessionStatus>> = {
  'session.scheduled': 'scheduled',
  'session.started': 'in_progress',
  'session.completed': 'completed',
};

/** In which status a session is after an event of this type. */
export const sessionStatusAfter = (type: string): SessionStatus => {
  const status = statusAfter[type];
  if (!status) throw new Error(`no event of a session: ${type}`);
  return status;
};
