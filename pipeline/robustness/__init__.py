"""How far the serial effect depends on decisions that could have been made otherwise: one specification curve."""
