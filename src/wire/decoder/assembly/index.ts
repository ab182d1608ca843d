export {position, startBits, startTables} from './bits';
export {decodeRows, startLayer, startLevels, tablesEnd} from './levels';
export {decodeNumbers} from './numbers';
export {decodeText, learnText, startText, textRoom} from './text';
