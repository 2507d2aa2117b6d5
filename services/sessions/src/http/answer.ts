import type { Actor } from '@mentor-sessions/service-kit/actor';
import type { Session } from '../domain/session.ts';
import { viewSession, type SessionView } from './session-view.ts';

type Answer = { status: number; body: SessionView; headers: Record<string, string> };

/** A session as this caller sees it, or saw it when they first asked, with its version as ETag. */
export const answerWith = ({ session, askedBy }: { session: Session; askedBy?: Actor }, actor: Actor): Answer => ({
  status: 200,
  body: viewSession(session, askedBy ?? actor),
  headers: { ETag: `"${session.version}"` },
});
