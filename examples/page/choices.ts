/** What can be chosen in the form, for the page and for its worker. */

interface Choice {
  readonly label: string;
}

export const NETS = {
  convolutional: {label: 'Convolutional'},
  lenet5: {label: 'LeNet-5, small'},
  lenet300: {label: 'LeNet-300-100'},
} as const satisfies Record<string, Choice>;

export const STRUCTURES = {
  weights: {label: 'Single weights', cuts: false, hint: 'Nine in ten can go. Zeros compress well.'},
  blocks: {label: 'Blocks of 2 × 2', cuts: false, hint: 'Blocks suit sparse kernels. Try 80 %.'},
  filters: {label: 'Filters and neurons', cuts: true, hint: 'Surgery cuts them out. Try 50 to 70 %.'},
  coupledChannels: {
    label: 'Channels, with all they feed',
    cuts: true,
    hint: 'Each channel goes with the weights that read it. Surgery cuts it out. Try 50 to 70 %.',
  },
} as const satisfies Record<string, Choice & {cuts: boolean; hint: string}>;

/** A method prunes any structure, or single weights only. */
export const METHODS = {
  gradual: {label: 'Gradual pruning', anyStructure: true, hint: 'Removes more and more while it trains.'},
  regrowth: {
    label: 'Gradual, with regrowth',
    anyStructure: true,
    hint: 'Removed weights keep learning behind their masks, and may come back.',
  },
  lottery: {
    label: 'Lottery ticket, 3 rounds',
    anyStructure: true,
    hint: 'Trains, prunes, goes back to the first weights, and trains what is left.',
  },
  snip: {label: 'SNIP, before training', anyStructure: true, hint: 'Looks at one batch, prunes, and trains the rest.'},
  rigl: {
    label: 'RigL, sparse from the start',
    anyStructure: false,
    hint: 'Moves connections to where the gradient is largest. Single weights only.',
  },
  set: {
    label: 'SET, sparse from the start',
    anyStructure: false,
    hint: 'Moves connections to random places after each epoch. Single weights only.',
  },
} as const satisfies Record<string, Choice & {anyStructure: boolean; hint: string}>;

export type Net = keyof typeof NETS;
export type Structure = keyof typeof STRUCTURES;
export type Method = keyof typeof METHODS;

/** One training. */
export interface Choices {
  readonly net: Net;
  readonly method: Method;
  readonly structure: Structure;
  /** The fraction that is pruned, in (0, 1). */
  readonly sparsity: number;
  readonly epochs: number;
}
