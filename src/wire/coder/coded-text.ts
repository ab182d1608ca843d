import {CompressedFileError} from '../format/compressed-file-error.js';
import {RangeDecoder, RangeEncoder, type BitCoder} from './range-coder.js';
import {TextModel} from './text-model.js';

/**
 * What models have in their topologies. Whoever writes or reads a text has read this one first, so that only what is
 * new takes space. It is a part of the format: another text makes other files.
 */
const TYPICAL = [
  '{"modelTopology":{"class_name":"Model","config":{"name":"model1","layers":[{"class_name":"LSTM","config":{"n',
  'ame":"lstm_LSTM1","trainable":true,"units":64,"activation":"tanh","recurrent_activation":"hard_sigmoid","use',
  '_bias":true,"kernel_initializer":{"class_name":"VarianceScaling","config":{"scale":1,"mode":"fan_avg","distr',
  'ibution":"normal","seed":null}},"recurrent_initializer":{"class_name":"Orthogonal","config":{"gain":1,"seed"',
  ':null}},"bias_initializer":{"class_name":"Zeros","config":{}},"unit_forget_bias":null,"kernel_regularizer":n',
  'ull,"recurrent_regularizer":null,"bias_regularizer":null,"activity_regularizer":null,"kernel_constraint":nul',
  'l,"recurrent_constraint":null,"bias_constraint":null,"dropout":0,"recurrent_dropout":0,"implementation":null',
  ',"return_sequences":true,"return_state":false,"go_backwards":false,"stateful":false,"unroll":false}},{"class',
  '_name":"Embedding","config":{"input_dim":1000,"output_dim":32,"embeddings_initializer":{"class_name":"Random',
  'Uniform","config":{"minval":-0.05,"maxval":0.05,"seed":null}},"embeddings_regularizer":null,"activity_regula',
  'rizer":null,"embeddings_constraint":null,"mask_zero":null,"input_length":100,"name":"embedding_Embedding1","',
  'trainable":true,"batch_input_shape":[null,100]}},{"name":"add_Add1","class_name":"Add","config":{"name":"add',
  '_Add1","trainable":true},"inbound_nodes":[[["re_lu_ReLU1",0,0,{}],["re_lu_ReLU1",0,0,{}]]]},{"name":"dropout',
  '_Dropout1","class_name":"Dropout","config":{"rate":0.5,"noise_shape":null,"seed":null,"name":"dropout_Dropou',
  't1","trainable":true},"inbound_nodes":[[["max_pooling2d_MaxPooling2D1",0,0,{}]]]},{"name":"depthwise_conv2d_',
  'DepthwiseConv2D1","class_name":"DepthwiseConv2D","config":{"kernel_size":[3,3],"strides":[1,1],"padding":"sa',
  'me","data_format":"channels_last","dilation_rate":[1,1],"activation":"linear","use_bias":true,"bias_initiali',
  'zer":{"class_name":"Zeros","config":{}},"bias_regularizer":null,"activity_regularizer":null,"bias_constraint',
  '":null,"name":"depthwise_conv2d_DepthwiseConv2D1","trainable":true,"depth_multiplier":1,"depthwise_initializ',
  'er":{"class_name":"VarianceScaling","config":{"scale":1,"mode":"fan_avg","distribution":"normal","seed":null',
  '}},"depthwise_regularizer":null,"depthwise_constraint":null},"inbound_nodes":[[["activation_Activation1",0,0',
  ',{}]]]},{"name":"batch_normalization_BatchNormalization1","class_name":"BatchNormalization","config":{"axis"',
  ':-1,"momentum":0.99,"epsilon":0.001,"center":true,"scale":true,"beta_initializer":{"class_name":"Zeros","con',
  'fig":{}},"gamma_initializer":{"class_name":"Ones","config":{}},"moving_mean_initializer":{"class_name":"Zero',
  's","config":{}},"moving_variance_initializer":{"class_name":"Ones","config":{}},"beta_regularizer":null,"gam',
  'ma_regularizer":null,"beta_constraint":null,"gamma_constraint":null,"name":"batch_normalization_BatchNormali',
  'zation1","trainable":true},"inbound_nodes":[[["conv2d_Conv2D1",0,0,{}]]]},{"name":"activation_Activation1","',
  'class_name":"Activation","config":{"activation":"relu","name":"activation_Activation1","trainable":true},"in',
  'bound_nodes":[[["batch_normalization_BatchNormalization1",0,0,{}]]]},{"name":"input1","class_name":"InputLay',
  'er","config":{"batch_input_shape":[null,32,32,3],"dtype":"float32","sparse":false,"name":"input1"},"inbound_',
  'nodes":[]},{"name":"global_average_pooling2d_GlobalAveragePooling2D1","class_name":"GlobalAveragePooling2D",',
  '"config":{"data_format":"channels_last","name":"global_average_pooling2d_GlobalAveragePooling2D1","trainable',
  '":true},"inbound_nodes":[[["dropout_Dropout1",0,0,{}]]]},{"name":"re_lu_ReLU1","class_name":"ReLU","config":',
  '{"max_value":null,"name":"re_lu_ReLU1","trainable":true},"inbound_nodes":[[["depthwise_conv2d_DepthwiseConv2',
  'D1",0,0,{}]]]},{"name":"conv2d_Conv2D1","class_name":"Conv2D","config":{"filters":16,"kernel_initializer":{"',
  'class_name":"VarianceScaling","config":{"scale":1,"mode":"fan_avg","distribution":"normal","seed":null}},"ke',
  'rnel_regularizer":null,"kernel_constraint":null,"kernel_size":[3,3],"strides":[1,1],"padding":"same","data_f',
  'ormat":"channels_last","dilation_rate":[1,1],"activation":"linear","use_bias":false,"bias_initializer":{"cla',
  'ss_name":"Zeros","config":{}},"bias_regularizer":null,"activity_regularizer":null,"bias_constraint":null,"na',
  'me":"conv2d_Conv2D1","trainable":true},"inbound_nodes":[[["input1",0,0,{}]]]},{"name":"max_pooling2d_MaxPool',
  'ing2D1","class_name":"MaxPooling2D","config":{"pool_size":[2,2],"padding":"valid","strides":[2,2],"data_form',
  'at":"channels_last","name":"max_pooling2d_MaxPooling2D1","trainable":true},"inbound_nodes":[[["add_Add1",0,0',
  ',{}]]]},{"name":"flatten_Flatten1","class_name":"Flatten","config":{"name":"flatten_Flatten1","trainable":tr',
  'ue},"inbound_nodes":[[["reshape_Reshape1",0,0,{}]]]},{"name":"dense_Dense1","class_name":"Dense","config":{"',
  'units":10,"activation":"softmax","use_bias":true,"kernel_initializer":{"class_name":"VarianceScaling","confi',
  'g":{"scale":1,"mode":"fan_avg","distribution":"normal","seed":null}},"bias_initializer":{"class_name":"Zeros',
  '","config":{}},"kernel_regularizer":null,"bias_regularizer":null,"activity_regularizer":null,"kernel_constra',
  'int":null,"bias_constraint":null,"name":"dense_Dense1","trainable":true},"inbound_nodes":[[["flatten_Flatten',
  '1",0,0,{}]]]}],"input_layers":[["input1",0,0]],"output_layers":[["dense_Dense1",0,0]]}{"class_name":"Sequent',
  'ial","config":{"name":"sequential_1","layers":[{"class_name":"Dense","config":{"units":10,"activation":"soft',
  'max","use_bias":true}}]},"keras_version":"tfjs-layers 4.22.0","backend":"tensor_flow.js"},"weights":[["conv2',
  'd_Conv2D1/kernel",[3,3,3,16],"grid",-37],["batch_normalization_BatchNormalization1/gamma",[16],"float32"],["',
  'batch_normalization_BatchNormalization1/beta",[16],"float32"],["batch_normalization_BatchNormalization1/movi',
  'ng_mean",[16],"float16"],["batch_normalization_BatchNormalization1/moving_variance",[16],"float16"],["dense_',
  'Dense1/kernel",[64,10],"grid",-41],["dense_Dense1/bias",[10],"float32"]]}',
].join('');

const LEARNING: BitCoder = {code: bit => bit};

let taught: TextModel | undefined;

/** A model that knows what is typical. */
function experienced(): TextModel {
  taught ??= taughtModel();
  return taught.copy();
}

function taughtModel(): TextModel {
  const model = new TextModel();
  for (const byte of new TextEncoder().encode(TYPICAL)) model.code(LEARNING, byte);
  return model;
}

/** Codes a text. */
export function encodeText(text: string): Uint8Array {
  const range = new RangeEncoder();
  const model = experienced();
  for (const byte of new TextEncoder().encode(text)) model.code(range, byte);
  return range.finish();
}

/**
 * Reads what {@link encodeText} wrote.
 *
 * @param length in bytes.
 * @throws CompressedFileError if there is not so much.
 */
export function decodeText(bytes: Uint8Array, length: number): string {
  const range = new RangeDecoder(bytes);
  const model = experienced();
  const next = () => {
    if (range.isSpent) throw new CompressedFileError('its text ends too early');
    return model.code(range, 0);
  };
  return new TextDecoder().decode(Uint8Array.from({length}, next));
}
