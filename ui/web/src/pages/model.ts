/** What the page of a model gains besides: the model is handed to the document that tries it, the camera too. */
import { followModel, handModels } from "./islands/model";

handModels();
document.addEventListener("DOMContentLoaded", followModel);
