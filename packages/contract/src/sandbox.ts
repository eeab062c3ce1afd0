import Type, { type Static } from 'typebox';
import { instant, nullable } from './schema.ts';

/** The body of `POST /api/v1/sandbox/clock`: one of the two. */
export const moveClockRequest = Type.Object(
  {
    clock_at: Type.Optional(nullable(instant({ description: 'Where the clock is to stand.' }))),
    advance_in_minutes: Type.Optional(
      nullable(
        Type.Integer({
          minimum: 0,
          maximum: 527_040,
          description: 'How far it is to move; at most 366 days.',
        }),
      ),
    ),
  },
  { title: 'MoveClockRequest' },
);

export type MoveClockRequest = Static<typeof moveClockRequest>;

export const clockAnswer = Type.Object({ clock_at: instant() }, { title: 'Clock' });

export type ClockAnswer = Static<typeof clockAnswer>;

export const moveClockExample = { advance_in_minutes: 30 };
