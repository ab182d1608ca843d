const MODEL = `
  MODEL is a folder with a model.json, that file, a compressed file, or the
  http(s) URL of one of these files.
`;

const WRITES = `  --out PATH              where the result goes
  --force                 replaces what is there
  --json                  prints the result as JSON
  --backend NAME          tensorflow, wasm or cpu (the fastest that is installed)`;

const DATA = `  --data FILE             examples: .npy, .npz or JSON, one a row; arrays called like
                          the inputs of the model, or x, if it has only one
  --labels FILE           what the outputs should be, or numbers of classes; or y in
                          the file of the examples`;

const CRITERION = `  --criterion NAME        what matters least (magnitude): by the weights alone
                          magnitude, lamp, random, synFlow, geometricMedian,
                          batchNormScale; by --data wanda, averagePercentageOfZeros;
                          by --data and --labels taylor, snip, gradientMagnitude,
                          fisher, optimalBrainDamage
  --seed N                of random (0)
  --loss NAME             whose gradients are taken: categoricalCrossentropy,
                          meanSquaredError, ...; that of the model, if it has one
  --batch-size N          examples at a time (32)`;

const FITTED = `  --reconstruct FILE      fits the weights that stay to examples, without labels and
                          without training: seconds that win most accuracy back`;

/** What `tfjs-pruning COMMAND --help` prints. */
const HELP_OF: Readonly<Record<string, string>> = {
  inspect: `Usage: tfjs-pruning inspect MODEL

  Tells what a model costs by layer, and how many of its weights are zero.
${MODEL}
  --sizes                 tells how many bytes it takes in each format, by layer: a
                          minute or more for a million weights
  --input-shapes SHAPES   sizes that the model leaves open, without the batch:
                          224x224x3, and more after commas
  --json                  prints JSON; what is not known is null
  --backend NAME          tensorflow, wasm or cpu (the fastest that is installed)
`,
  prune: `Usage: tfjs-pruning prune MODEL --sparsity FRACTION --out FOLDER

  Makes weights zero in one shot, without training. Files get smaller when they
  are gzipped, or compressed. Exits with 65 if the sparsity is a hundredth or more
  below FRACTION, since whole filters, say, come no nearer.
${MODEL}
  --sparsity FRACTION     the fraction of zeros in the kernels, in [0, 1)
  --structure NAME        what goes together (weights): filters, channels, kernels,
                          kernelRows, kernelColumns, coupledChannels; 2:4 for two of
                          each four; 4x4 for blocks
  --allocation NAME       how it is shared among layers (uniform): globalRanking,
                          erdosRenyi, erdosRenyiKernel, isomorphic, perOutput
  --layers NAMES          conv1,conv2 or /^conv/ (all that are trainable)
${FITTED}
${CRITERION}
${DATA}
${WRITES}
`,
  shrink: `Usage: tfjs-pruning shrink MODEL --multiply-adds FRACTION --out FOLDER

  Cuts whole channels out, so that the model is smaller and faster. Train it
  afterwards. Without a target it cuts out what zeros have left unused, and no
  output changes. Exits with 65 if a target is missed; the model is saved, as near
  to it as it gets.
${MODEL}
  --multiply-adds FRACTION, --parameters FRACTION, --peak-memory FRACTION,
  --latency FRACTION      the fraction that is left, in (0, 1); several are all met
  --sparsity FRACTION     the fraction of channels that goes
  --round-to N            widths become multiples of N (1)
  --min-kept N            channels that a group keeps at least (1)
  --max-sparsity FRACTION what a group loses at most (1)
  --layers NAMES          which may lose channels: conv1,conv2 or /^conv/
  --keep-outputs NAMES    layers that keep their channels
  --input-shapes SHAPES   sizes that the model leaves open: 224x224x3
${FITTED}
${CRITERION}
${DATA}
${WRITES}
`,
  quantize: `Usage: tfjs-pruning quantize MODEL --out FOLDER

  Saves kernels in 8 or 16 bits, which tf.loadLayersModel reads by itself.
${MODEL}
  --dtype NAME            uint8, uint16 or float16 (uint8)
  --layers NAMES          conv1,conv2 or /^conv/ (all)
${WRITES}
`,
  compress: `Usage: tfjs-pruning compress MODEL --out FILE
       tfjs-pruning compress MODEL --stock --out FOLDER

  Saves one small file, which tf.loadLayersModel(compressed(url)) reads, with
  compressed of tfjs-pruning/wire. With --stock it saves a folder that
  tf.loadLayersModel reads by itself, as small as that gets once it is gzipped.
${MODEL}
  --bits N                of a weight, from 2 to 16; without it, weights that are on a
                          grid already are kept exactly, and others get 8
  --levels N              in place of --bits: steps to each side of zero
  --others NAME           how biases and normalizations are kept: float32 or float16
                          (float32)
  --per-tensor            one scale for a kernel, not one for each output
  --stock                 for tf.js alone: --out is a folder
  --layers NAMES          conv1,conv2 or /^conv/ (all)
${WRITES}
`,
  decompress: `Usage: tfjs-pruning decompress FILE --out FOLDER

  Saves what is in a compressed file, or at its http(s) URL, as tf.js saves models.

${WRITES}
`,
  compare: `Usage: tfjs-pruning compare A B

  Tells how far the outputs of two models are apart, how large they are, and how
  long they take.
${MODEL.replace('MODEL is', 'A and B are each')}
${DATA}
  --examples N, --seed N  of random inputs, without --data (64, 1)
  --runs N                how often each is timed; 0 for not at all (20)
  --input-shapes SHAPES   sizes that the models leave open: 224x224x3
  --json                  prints JSON; what is not known is null
  --backend NAME          tensorflow, wasm or cpu (the fastest that is installed)
`,
  plot: `Usage: tfjs-pruning plot MODEL --out FILE

  Draws the zeros of each layer, as an SVG file (.svg) or a page (.html).
${MODEL}
${WRITES}
`,
  study: `Usage: tfjs-pruning study FILE

  Does the runs of the study that FILE exports by default.

  --folder DIR            where results are kept (studies/<name>)
  --backend NAME          tensorflow, wasm or cpu (the fastest that is installed)
  --list                  lists the runs, and which are done, and runs nothing
  --dry-run               lists what is left to do, with the hours it will take
  --run ID                does one run
  --shard 2/8             does the second eighth of the runs; a SLURM array and an
                          Indexed Job of Kubernetes set it by themselves
  --retry-failed          tries runs again that failed
  --queue redis://HOST    does the runs together with other processes that have the
                          same FILE and see the same folder; needs BullMQ
  --workers N             how many runs this process does at once, with --queue (1)
`,
  merge: `Usage: tfjs-pruning merge DIR... --into DIR

  Puts the results of several folders into one.

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
  inspect MODEL           costs, zeros and bytes, by layer
  prune MODEL             makes weights zero, in one shot
  shrink MODEL            cuts channels out
  quantize MODEL          saves 8- or 16-bit weights, which tf.js reads by itself
  compress MODEL          saves one small file, or small files for tf.js alone
  decompress FILE         saves what is in such a file as tf.js does
  compare A B             outputs, sizes and latency of two models
  plot MODEL              draws the zeros of each layer

Studies
  study FILE              does the runs of the study that FILE exports by default
  merge DIR...            puts the results of several folders into one
  report DIR              prints the results in a folder

tfjs-pruning COMMAND --help tells more.

Exit codes: 0 all is done; 64 another try would fail alike (wrong arguments, a
broken file or study, runs that failed and are noted); 65 the model is saved, but
misses its target; 75 other processes are still doing some runs; 1 anything else.
`;

/** What is printed for a command, or for none. */
export function helpOf(command: string | undefined): string {
  return command !== undefined && Object.hasOwn(HELP_OF, command) ? HELP_OF[command]! : HELP;
}
