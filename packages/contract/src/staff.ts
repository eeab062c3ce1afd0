import Type, { type Static } from 'typebox';
import { nullable, word } from './schema.ts';

/** Who signs in, from the widest to the narrowest. */
export const roles = [
  'customer_administrator',
  'department_administrator',
  'scheduler',
  'agent',
] as const;

export type Role = (typeof roles)[number];

/** What staff may do. All but the first role may do it in their own departments only. */
export const permissions = {
  'appointments:view': ['customer_administrator', 'department_administrator', 'scheduler', 'agent'],
  'appointments:schedule': ['customer_administrator', 'department_administrator', 'scheduler'],
  'appointments:settle': [
    'customer_administrator',
    'department_administrator',
    'scheduler',
    'agent',
  ],
  'appointments:assign': ['customer_administrator', 'department_administrator', 'scheduler'],
  'outbox:view': ['customer_administrator'],
  'calls:take': ['customer_administrator', 'department_administrator', 'agent'],
  'calls:practise': ['customer_administrator', 'department_administrator', 'scheduler', 'agent'],
} as const satisfies Record<string, readonly Role[]>;

export type Permission = keyof typeof permissions;

export const signInRequest = Type.Object(
  {
    email: Type.String({ minLength: 1, maxLength: 254 }),
    password: Type.String({ minLength: 1, maxLength: 1024 }),
  },
  { title: 'SignInRequest' },
);

/** Who is signed in: `GET /portal/api/session`. */
export const staffSession = Type.Object(
  {
    staff: Type.Object({
      id: Type.String(),
      email: Type.String(),
      name: Type.String(),
      role: word(roles),
      departments: Type.Array(Type.Object({ id: Type.Integer(), name: Type.String() }), {
        description: 'Those that they work in; of a customer administrator, all.',
      }),
    }),
    permissions: Type.Array(Type.String()),
    organisation: Type.Object({
      name: Type.String(),
      time_zone: Type.String(),
      colour: nullable(Type.String()),
    }),
    is_sandbox: Type.Boolean(),
    sends_mail: Type.Boolean({ description: 'Mail is configured: claimants are written to.' }),
    now: Type.String({ description: 'Domain time.' }),
  },
  { title: 'StaffSession' },
);

export type SignInRequest = Static<typeof signInRequest>;
export type StaffSession = Static<typeof staffSession>;
