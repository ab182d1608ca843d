const MODEL = `
  MODEL is a folder with a model.json, that file, a compressed file, or the
  http(s) URL of one of these files.
`;

const WRITES = `  --out PATH              where the result goes
  --force                 replaces what is there
  --json                  prints the result as JSON
  --backend NAME          tensorflow, wasm or cpu (the fastest installed)`;

const DATA = `  --data FILE             examples in .npy, .npz or JSON, one per row; arrays named like
                          the inputs of the model, or x if it has only one
  --labels FILE           target outputs or class numbers; they may also be in the file
                          of the examples, as y`;

const CRITERION = `  --criterion NAME        how importance is measured (magnitude). From the weights alone:
                          magnitude, lamp, random, synFlow, geometricMedian,
                          batchNormScale; with --data: wanda, averagePercentageOfZeros;
                          with --data and --labels: taylor, snip, gradientMagnitude,
                          fisher, optimalBrainDamage
  --seed N                seed of --criterion random (0)
  --loss NAME             the loss for criteria of gradients: categoricalCrossentropy,
                          meanSquaredError, ... (the model's own, if it has one)
  --batch-size N          examples per batch (32)`;

const FITTED = `  --reconstruct FILE      fits the remaining weights to examples, without labels or
                          training: takes seconds, and recovers most of the accuracy`;

/** What `tfjs-pruning COMMAND --help` prints. */
const HELP_OF: Readonly<Record<string, string>> = {
  inspect: `Usage: tfjs-pruning inspect MODEL

  Shows the costs of each layer, and how many of its weights are zero.
${MODEL}
  --sizes                 shows the bytes it takes in each format, by layer: a minute or
                          more for a million weights
  --input-shapes SHAPES   input sizes that the model leaves open, without the batch:
                          224x224x3, or several, separated by commas
  --json                  prints JSON, with null for what is not known
  --backend NAME          tensorflow, wasm or cpu (the fastest installed)
`,
  prune: `Usage: tfjs-pruning prune MODEL --sparsity FRACTION --out FOLDER

  Sets weights to zero in one shot, without training. Files then gzip or compress
  to less. Exits with 65 if the sparsity is a hundredth or more below FRACTION, as
  it may be for whole filters.
${MODEL}
  --sparsity FRACTION     the fraction of zeros in the kernels, in [0, 1)
  --structure NAME        what is pruned together (weights): filters, channels, kernels,
                          kernelRows, kernelColumns, coupledChannels; 2:4 for two of
                          every four; 4x4 for blocks
  --allocation NAME       how the sparsity is shared among layers (uniform):
                          globalRanking, erdosRenyi, erdosRenyiKernel, isomorphic,
                          perOutput
  --layers NAMES          conv1,conv2 or /^conv/ (all trainable ones)
${FITTED}
${CRITERION}
${DATA}
${WRITES}
`,
  shrink: `Usage: tfjs-pruning shrink MODEL --multiply-adds FRACTION --out FOLDER

  Cuts out whole channels, for a smaller and faster model; train it afterwards.
  Without a target it cuts out only what zeros have left unused, and the outputs
  stay the same. Exits with 65 if a target is missed; the model that comes closest
  is saved.
${MODEL}
  --multiply-adds FRACTION, --parameters FRACTION, --peak-memory FRACTION,
  --latency FRACTION      the fraction to keep, in (0, 1); if several, all are met
  --sparsity FRACTION     the fraction of channels to cut
  --round-to N            widths become multiples of N (1)
  --min-kept N            the fewest channels that a group keeps (1)
  --max-sparsity FRACTION the largest fraction that a group loses (1)
  --layers NAMES          which may lose channels: conv1,conv2 or /^conv/
  --keep-outputs NAMES    layers that keep their channels
  --input-shapes SHAPES   input sizes that the model leaves open: 224x224x3
${FITTED}
${CRITERION}
${DATA}
${WRITES}
`,
  quantize: `Usage: tfjs-pruning quantize MODEL --out FOLDER

  Saves kernels in 8 or 16 bits, in files that tf.loadLayersModel reads by itself.
${MODEL}
  --dtype NAME            uint8, uint16 or float16 (uint8)
  --layers NAMES          conv1,conv2 or /^conv/ (all)
${WRITES}
`,
  compress: `Usage: tfjs-pruning compress MODEL --out FILE
       tfjs-pruning compress MODEL --stock --out FOLDER

  Saves one small file. tf.loadLayersModel(compressed(url)) loads it, with
  compressed from tfjs-pruning/wire. With --stock it saves a folder instead, which
  tf.loadLayersModel reads by itself; fewer bits make it gzip to less.
${MODEL}
  --bits N                bits per weight, from 2 to 16; without it, weights that are
                          already on a grid are kept exactly, and all others get 8
  --levels N              instead of --bits: steps on each side of zero
  --others NAME           how biases and normalizations are stored: float32 or float16
                          (float32)
  --per-tensor            one scale per kernel instead of one per output
  --stock                 writes files that need no decoder; --out is a folder
  --layers NAMES          conv1,conv2 or /^conv/ (all)
${WRITES}
`,
  decompress: `Usage: tfjs-pruning decompress FILE --out FOLDER

  Unpacks a compressed file, or one at an http(s) URL, into the files of tf.js.

${WRITES}
`,
  compare: `Usage: tfjs-pruning compare A B

  Shows how much the outputs of two models differ, how large the models are, and
  how long they take.
${MODEL.replace('MODEL is', 'A and B are each')}
${DATA}
  --examples N, --seed N  number and seed of random inputs, without --data (64, 1)
  --runs N                timed runs of each model; 0 for none (20)
  --input-shapes SHAPES   input sizes that the models leave open: 224x224x3
  --json                  prints JSON, with null for what is not known
  --backend NAME          tensorflow, wasm or cpu (the fastest installed)
`,
  plot: `Usage: tfjs-pruning plot MODEL --out FILE

  Draws the zeros of each layer, as an SVG file (.svg) or a page (.html).
${MODEL}
${WRITES}
`,
  study: `Usage: tfjs-pruning study FILE

  Runs the study that is the default export of FILE.

  --folder DIR            where results are kept (studies/<name>)
  --backend NAME          tensorflow, wasm or cpu (the fastest installed)
  --list                  lists the runs and which are done, and runs nothing
  --dry-run               lists what is left to do, and the hours that it will take
  --run ID                does only this run
  --shard 2/8             does the second eighth of the runs; set by itself in a SLURM
                          array or an Indexed Job of Kubernetes
  --retry-failed          retries runs that failed
  --queue redis://HOST    shares the runs with other processes that have the same FILE
                          and folder; needs BullMQ
  --workers N             with --queue: runs at once in this process (1)
`,
  merge: `Usage: tfjs-pruning merge DIR... --into DIR

  Merges the results of several folders into one.

  --any-version           even if other versions or backends made them
`,
  report: `Usage: tfjs-pruning report DIR

  Prints the results in a folder.

  --format NAME           text, markdown, csv or json (text)
  --html FILE             writes a page with all tables and plots
  --svg DIR               writes a plot for each net
`,
};

/** What `tfjs-pruning --help` prints. */
export const HELP = `Usage: tfjs-pruning <command>

Models
  inspect MODEL           shows costs, zeros and bytes, by layer
  prune MODEL             sets weights to zero, in one shot
  shrink MODEL            cuts out channels
  quantize MODEL          saves 8- or 16-bit weights, which tf.js reads by itself
  compress MODEL          saves one small file, or small files for tf.js alone
  decompress FILE         unpacks such a file into those of tf.js
  compare A B             compares outputs, sizes and latency of two models
  plot MODEL              draws the zeros of each layer

Studies
  study FILE              runs the study that is the default export of FILE
  merge DIR...            merges the results of several folders into one
  report DIR              prints the results in a folder

For more, see tfjs-pruning COMMAND --help.

Exit codes: 0 done; 64 another try would fail, too (wrong arguments, a broken file
or study, failed runs, which are noted); 65 the model is saved, but misses its
target; 75 other processes are still doing some runs; 1 anything else.
`;

/** What is printed for a command, or for none. */
export function helpOf(command: string | undefined): string {
  return command !== undefined && Object.hasOwn(HELP_OF, command) ? HELP_OF[command]! : HELP;
}
