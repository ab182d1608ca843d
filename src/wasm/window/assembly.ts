// Called right before a kernel with a sliding window.
export {describeWindow} from '../assembly/window';
