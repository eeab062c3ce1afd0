interface MeterProps {
  label: string;
  /** From 0 to 1. */
  value: number;
}

/** A level that moves, such as a microphone's. */
export const Meter = ({ label, value }: MeterProps) => (
  <meter className="meter" aria-label={label} min={0} max={1} value={value} />
);
