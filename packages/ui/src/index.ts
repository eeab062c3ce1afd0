export { Button, type ButtonKind, buttonClass } from './button.tsx';
export { accentsOf, applyColour, contrastOf } from './colour.ts';
export { Dialog } from './dialog.tsx';
export { Field } from './field.tsx';
export { Meter } from './meter.tsx';
export { Notice } from './notice.tsx';
export { Page } from './page.tsx';
