const shapes = {
  phone:
    'M6.6 3h2.5l1.6 4.600-2.100 1.700a12.500 12.500 0 0 0 6.100 6.100l1.700-2.100 4.600 1.600v2.500A2.600 2.600 0 0 1 18.400 21 15.400 15.400 0 0 1 3 5.600 2.600 2.600 0 0 1 5.600 3z',
  microphone:
    'M12 3a3 3 0 0 1 3 3v6a3 3 0 0 1-6 0V6a3 3 0 0 1 3-3zM5 11v1a7 7 0 0 0 14 0v-1M12 19v3',
  camera:
    'M4.500 6h9A1.500 1.500 0 0 1 15 7.500v9a1.500 1.500 0 0 1-1.500 1.500h-9A1.500 1.500 0 0 1 3 16.500v-9A1.500 1.500 0 0 1 4.500 6zM15 10.500l6-3.500v10l-6-3.500',
  turn: 'M4 12a8 8 0 0 1 13.700-5.600L20 8.500M20 4v4.500h-4.500M20 12a8 8 0 0 1-13.700 5.600L4 15.500M4 20v-4.500h4.500',
  speaker: 'M4 9.500v5h3.500L12 19V5L7.500 9.500zM15.500 9a4 4 0 0 1 0 6M18 6.500a8 8 0 0 1 0 11',
  full: 'M9 4H4v5M15 4h5v5M9 20H4v-5M15 20h5v-5',
  picture: 'M3 5h18v14H3zM12 12h7v5h-7z',
  check: 'M5 12.500l4.500 4.500L19 7.500',
  cross: 'M6 6l12 12M18 6L6 18',
  calendar: 'M4 6h16v14H4zM4 10.500h16M8 3v4M16 3v4',
  clock: 'M12 3a9 9 0 1 1 0 18 9 9 0 0 1 0-18zM12 7v5.500l3.500 2',
  person: 'M12 12a4 4 0 1 0 0-8 4 4 0 0 0 0 8zM4 20.500c.8-4 4-6 8-6s7.200 2 8 6',
  globe: 'M12 3a9 9 0 1 1 0 18 9 9 0 0 1 0-18zM3 12h18M12 3c5 5 5 13 0 18M12 3c-5 5-5 13 0 18',
  signal: 'M4 20v-3M9 20v-7M14 20V9M19 20V4',
} as const;

export type IconName = keyof typeof shapes;

interface IconProps {
  name: IconName;
  /** Crossed out: switched off. */
  isOff?: boolean;
  size?: number;
}

/** A drawing beside words that say the same. */
export const Icon = ({ name, isOff = false, size = 22 }: IconProps) => (
  <svg
    width={size}
    height={size}
    viewBox="0 0 24 24"
    fill="none"
    stroke="currentColor"
    strokeWidth="1.8"
    strokeLinecap="round"
    strokeLinejoin="round"
    aria-hidden="true"
  >
    <path d={shapes[name]} />
    {isOff && <path d="M3.500 3.500l17 17" />}
  </svg>
);
