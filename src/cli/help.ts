/** What `tfjs-pruning --help` prints. */
export const HELP = `Usage: tfjs-pruning <command>

  study FILE              does the runs of the study that FILE exports by default
    --folder DIR          where results are kept (studies/<name>)
    --backend NAME        tensorflow, wasm or cpu (the fastest that is installed)
    --list                lists the runs, and which are done, and runs nothing
    --dry-run             lists what is left to do, with the hours it will take
    --run ID              does one run
    --shard 2/8           does the second eighth of the runs; a SLURM array and an
                          Indexed Job of Kubernetes set it by themselves
    --retry-failed        tries runs again that failed
    --queue redis://HOST  does the runs together with other processes that have the
                          same FILE and see the same folder; needs BullMQ
    --workers N           how many runs this process does at once, with --queue (1)

  merge DIR... --into DIR puts the results of several folders into one
    --any-version         even if other versions or backends made them

  report DIR              prints the results in a folder
    --format NAME         text, markdown, csv or json (text)
    --html FILE           writes a page with all tables and plots
    --svg DIR             writes a plot for each net

Exit codes: 0 all is done; 64 another try would fail alike (wrong arguments, a
broken study, runs that failed and are noted); 75 other processes are still
doing some runs; 1 anything else.
`;
