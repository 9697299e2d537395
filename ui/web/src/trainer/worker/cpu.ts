/** The backend of plain JavaScript, which goes through all words for each word to learn: it is taught a quicker way. */
import "@tensorflow/tfjs-backend-cpu";
import { UnsortedSegmentSum, unregisterKernel } from "@tensorflow/tfjs-core";
import { teach } from "./learning.ts";

unregisterKernel(UnsortedSegmentSum, "cpu");
teach("cpu");
