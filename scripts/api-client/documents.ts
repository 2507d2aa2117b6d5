import { about as aboutBookings } from '@mentor-sessions/bookings/http/about';
import { bookingRoutes } from '@mentor-sessions/bookings/http/routes';
import { defaultBounds } from '@mentor-sessions/bookings/domain/booking';
import { openapiDocument } from '@mentor-sessions/service-kit/http/openapi';
import { about as aboutSessions } from '@mentor-sessions/sessions/http/about';
import { sessionRoutes } from '@mentor-sessions/sessions/http/routes';

// routes are data: none of this is used without a request
const nothing = { db: undefined as never, newId: () => '', sessionsUrl: '', counting: undefined as never };

/** `/openapi.json` of each service, without starting it. */
export const documents: Readonly<Record<'bookings' | 'sessions', object>> = {
  bookings: openapiDocument(bookingRoutes({ ...nothing, bounds: defaultBounds }), aboutBookings),
  sessions: openapiDocument(sessionRoutes({ ...nothing, completionGraceSeconds: 3_600 }), aboutSessions),
};
