import {
  createRootRoute,
  createRoute,
  createRouter,
  lazyRouteComponent,
  Outlet,
} from '@tanstack/react-router';
import { Frame } from './frame/frame.tsx';
import { Lost } from './frame/lost.tsx';
import { TodayPage } from './today/today-page.tsx';

// The pages and their addresses. Addresses hold ids and days, never anything personal.

const root = createRootRoute({ component: Outlet, notFoundComponent: Lost });

/** What only those who are signed in see; anybody else finds the way to sign in there. */
const frame = createRoute({ getParentRoute: () => root, path: '/portal', component: Frame });

interface TodaySearch {
  date?: string;
  department?: number;
}

export const todayRoute = createRoute({
  getParentRoute: () => frame,
  path: '/',
  component: TodayPage,
  validateSearch: ({ date, department }: Record<string, unknown>): TodaySearch => ({
    ...(typeof date === 'string' && /^\d{4}-\d\d-\d\d$/.test(date) ? { date } : {}),
    ...(typeof department === 'number' ? { department } : {}),
  }),
});

export const appointmentRoute = createRoute({
  getParentRoute: () => frame,
  path: '/appointments/$id',
  component: lazyRouteComponent(
    () => import('./appointment/appointment-page.tsx'),
    'AppointmentPage',
  ),
});

const changeRoute = createRoute({
  getParentRoute: () => frame,
  path: '/appointments/$id/change',
  component: lazyRouteComponent(() => import('./schedule/schedule-page.tsx'), 'ChangePage'),
});

const scheduleRoute = createRoute({
  getParentRoute: () => frame,
  path: '/schedule',
  component: lazyRouteComponent(() => import('./schedule/schedule-page.tsx'), 'SchedulePage'),
});

const devicesRoute = createRoute({
  getParentRoute: () => frame,
  path: '/devices',
  component: lazyRouteComponent(() => import('./devices/devices-page.tsx'), 'DevicesPage'),
});

const callRoute = createRoute({
  getParentRoute: () => frame,
  path: '/appointments/$id/call',
  component: lazyRouteComponent(() => import('./call/call-page.tsx'), 'CallPage'),
});

/** The host's link: the call screen of that room, without a sign-in. */
export const meetRoute = createRoute({
  getParentRoute: () => root,
  path: '/meet/$room',
  component: lazyRouteComponent(() => import('./call/meet-page.tsx'), 'MeetPage'),
  validateSearch: ({ roomKey }: Record<string, unknown>): { roomKey?: string } =>
    typeof roomKey === 'string' ? { roomKey } : {},
});

const pages = root.addChildren([
  frame.addChildren([
    todayRoute,
    appointmentRoute,
    changeRoute,
    scheduleRoute,
    devicesRoute,
    callRoute,
  ]),
  meetRoute,
]);

export const makeRouter = () =>
  createRouter({ routeTree: pages, defaultPreload: 'intent', scrollRestoration: true });

declare module '@tanstack/react-router' {
  interface Register {
    router: ReturnType<typeof makeRouter>;
  }
}
